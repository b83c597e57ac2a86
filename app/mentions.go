package app

import (
	"context"
	"sync"

	"github.com/honderd/honderd/source/hooks"
	"github.com/honderd/honderd/source/mentions"
)

// runMentions hears what people say in public, until ctx is done.
func (s *Server) runMentions(ctx context.Context, running *sync.WaitGroup) {
	c := s.config.Mentions
	if len(c.Mastodon)+len(c.Feeds) == 0 && c.Bluesky == "" {
		return
	}
	one := mentions.New(mentions.Options{
		Words: c.Words, Tags: c.Mastodon, Bluesky: c.Bluesky, Feeds: c.Feeds, Log: s.log,
		Keep: func(ctx context.Context, m mentions.Mention) error {
			return s.world.mention(ctx, "mentions", hooks.Mention{ID: m.ID, Text: m.Text, Author: m.Author, At: m.At, ReplyTo: m.ReplyTo, Source: m.Source})
		},
		Drop: func(why string) { s.drops.add("mentions", "mentions", why, 1, false) },
	})
	running.Go(func() { one.Run(ctx) })
}
