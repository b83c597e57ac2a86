package hooks

import (
	"strings"

	"github.com/honderd/honderd/release"
)

// gitHub is the part of GitHub's webhooks that is looked at.
type gitHub struct {
	Action     string `json:"action"`
	Ref        string `json:"ref"`
	Deleted    bool   `json:"deleted"`
	Repository struct {
		Name    string `json:"name"`
		HTMLURL string `json:"html_url"`
	} `json:"repository"`
	Sender     struct{ Login string } `json:"sender"`
	Deployment struct {
		SHA         string `json:"sha"`
		Ref         string `json:"ref"`
		Environment string `json:"environment"`
		CreatedAt   string `json:"created_at"`
	} `json:"deployment"`
	Status struct {
		State       string `json:"state"`
		Environment string `json:"environment"`
		TargetURL   string `json:"target_url"`
		LogURL      string `json:"log_url"`
		CreatedAt   string `json:"created_at"`
	} `json:"deployment_status"`
	Release struct {
		TagName     string `json:"tag_name"`
		HTMLURL     string `json:"html_url"`
		PublishedAt string `json:"published_at"`
		Draft       bool   `json:"draft"`
	} `json:"release"`
	Run struct {
		Name       string `json:"name"`
		HeadSHA    string `json:"head_sha"`
		Conclusion string `json:"conclusion"`
		Status     string `json:"status"`
		HTMLURL    string `json:"html_url"`
		UpdatedAt  string `json:"updated_at"`
		StartedAt  string `json:"run_started_at"`
	} `json:"workflow_run"`
	HeadCommit struct{ Timestamp string } `json:"head_commit"`
}

// readGitHub reads a webhook of GitHub.
func readGitHub(m message) (n News, err error) {
	var g gitHub
	if err := decode(m.body, &g); err != nil {
		return n, err
	}
	r := release.Release{Service: g.Repository.Name, By: g.Sender.Login, Source: "github"}
	switch m.head.Get("X-GitHub-Event") {
	case "deployment":
		r.Version, r.Environment, r.At, r.Phase = first(tag(g.Deployment.Ref, g.Deployment.SHA), g.Deployment.SHA), g.Deployment.Environment, when(g.Deployment.CreatedAt), release.Started
	case "deployment_status":
		r.Version, r.Environment = first(tag(g.Deployment.Ref, g.Deployment.SHA), g.Deployment.SHA), first(g.Status.Environment, g.Deployment.Environment)
		r.At, r.URL, r.Phase = when(g.Status.CreatedAt), first(g.Status.LogURL, g.Status.TargetURL), forgePhase(g.Status.State)
	case "release":
		if g.Action != "published" || g.Release.Draft {
			return n, errNothing
		}
		r.Version, r.Environment, r.At, r.URL, r.Phase = g.Release.TagName, release.Published, when(g.Release.PublishedAt), g.Release.HTMLURL, release.Succeeded
	case "push":
		name, isTag := strings.CutPrefix(g.Ref, "refs/tags/")
		if !isTag || g.Deleted {
			return n, errNothing
		}
		r.Version, r.Environment, r.Phase = name, release.Published, release.Succeeded
	case "workflow_run":
		if name := strings.ToLower(g.Run.Name); !strings.Contains(name, "deploy") && !strings.Contains(name, "rollout") {
			return n, errNothing // it builds or tests: nobody gets anything of that
		}
		r.Version, r.At, r.URL, r.Phase = g.Run.HeadSHA, when(g.Run.UpdatedAt), g.Run.HTMLURL, forgePhase(first(g.Run.Conclusion, g.Run.Status))
	default:
		return n, errNothing
	}
	if r.Phase == "" {
		return n, errNothing
	}
	n.Releases = []release.Release{r}
	return n, nil
}

// tag returns ref when it names a version, "" when it is a branch or the commit itself.
func tag(ref, commit string) string {
	name := strings.TrimPrefix(ref, "refs/tags/")
	number := strings.TrimPrefix(strings.ToLower(name), "v")
	if name != ref || number != "" && number[0] >= '0' && number[0] <= '9' && strings.Contains(number, ".") && ref != commit {
		return name
	}
	return ""
}

// forgePhase returns the phase that a state of GitHub or GitLab is, "" for none.
func forgePhase(state string) release.Phase {
	switch state {
	case "success":
		return release.Succeeded
	case "failure", "error", "failed", "timed_out":
		return release.Failed
	case "in_progress", "running", "requested":
		return release.Started
	}
	return "" // waiting, cancelled, inactive, skipped
}

// gitLab is the part of GitLab's webhooks that is looked at.
type gitLab struct {
	Kind        string `json:"object_kind"`
	Status      string `json:"status"`
	ChangedAt   string `json:"status_changed_at"`
	Environment string `json:"environment"`
	ShortSHA    string `json:"short_sha"`
	CommitURL   string `json:"commit_url"`
	Deployable  string `json:"deployable_url"`
	Ref         string `json:"ref"`
	After       string `json:"after"`
	Action      string `json:"action"`
	Tag         string `json:"tag"`
	URL         string `json:"url"`
	ReleasedAt  string `json:"released_at"`
	Username    string `json:"user_username"`
	User        struct {
		Username string `json:"username"`
	} `json:"user"`
	Project struct {
		Name string `json:"name"`
		Path string `json:"path_with_namespace"`
	} `json:"project"`
}

// gitLabPipeline is a pipeline with the jobs that deploy.
type gitLabPipeline struct {
	Attributes struct {
		SHA string `json:"sha"`
		Ref string `json:"ref"`
		Tag bool   `json:"tag"`
		URL string `json:"url"`
	} `json:"object_attributes"`
	Project struct {
		Name string `json:"name"`
		Path string `json:"path_with_namespace"`
	} `json:"project"`
	User struct {
		Username string `json:"username"`
	} `json:"user"`
	Builds []struct {
		Status      string `json:"status"`
		StartedAt   string `json:"started_at"`
		FinishedAt  string `json:"finished_at"`
		Environment struct {
			Name   string `json:"name"`
			Action string `json:"action"`
		} `json:"environment"`
	} `json:"builds"`
}

// readGitLab reads a webhook of GitLab.
func readGitLab(m message) (n News, err error) {
	var kind struct {
		Kind string `json:"object_kind"`
	}
	if err := decode(m.body, &kind); err != nil {
		return n, err
	}
	if kind.Kind == "pipeline" {
		return readPipeline(m)
	}
	var g gitLab
	if err := decode(m.body, &g); err != nil {
		return n, err
	}
	r := release.Release{Service: first(last(g.Project.Path), g.Project.Name), By: first(g.User.Username, g.Username), Source: "gitlab"}
	switch g.Kind {
	case "deployment":
		r.Version, r.Environment, r.At = first(tag(g.Ref, g.ShortSHA), g.ShortSHA), g.Environment, when(g.ChangedAt)
		r.URL, r.Phase = first(g.Deployable, g.CommitURL), forgePhase(g.Status)
	case "release":
		if g.Action != "create" {
			return n, errNothing
		}
		r.Version, r.Environment, r.At, r.URL, r.Phase = g.Tag, release.Published, when(g.ReleasedAt), g.URL, release.Succeeded
	case "tag_push":
		name, isTag := strings.CutPrefix(g.Ref, "refs/tags/")
		if !isTag || strings.Trim(g.After, "0") == "" { // it was deleted
			return n, errNothing
		}
		r.Version, r.Environment, r.Phase = name, release.Published, release.Succeeded
	}
	if r.Phase == "" {
		return n, errNothing
	}
	n.Releases = []release.Release{r}
	return n, nil
}

func readPipeline(m message) (n News, err error) {
	var p gitLabPipeline
	if err := decode(m.body, &p); err != nil {
		return n, err
	}
	for _, b := range p.Builds {
		phase := forgePhase(b.Status)
		if b.Environment.Name == "" || b.Environment.Action != "" && b.Environment.Action != "start" || phase == "" || len(n.Releases) == maxNews {
			continue
		}
		version := p.Attributes.SHA
		if p.Attributes.Tag {
			version = p.Attributes.Ref
		}
		n.Releases = append(n.Releases, release.Release{
			Service: first(last(p.Project.Path), p.Project.Name), Version: version, Environment: b.Environment.Name, By: p.User.Username,
			At: when(first(b.FinishedAt, b.StartedAt)), URL: p.Attributes.URL, Source: "gitlab", Phase: phase,
		})
	}
	if n.Empty() {
		return n, errNothing
	}
	return n, nil
}
