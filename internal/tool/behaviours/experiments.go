package main

import (
	"time"

	"github.com/honderd/honderd/source/sim"
)

// experiments returns every row, with the error of felt uptime that we state for it.
func experiments() []table {
	return []table{everybody(), tenth(), others(), town()}
}

func everybody() table {
	all := sim.Fault{Share: 1}
	return table{
		title: "Everybody is struck",
		intro: "The clock says .750 to everybody: 15 of 60 minutes.",
		settings: []setting{
			hour(sim.GoesOn, all).because(0.015, "nobody is seen before their first step or after their last, a minute each in the mean, so 15 of 58 minutes are down").
				like(row(.7502, .7415, .7499, .7415, 0)...),
			hour(sim.Retries, all).because(0.01, "almost none: who retries sees sooner that it works again; the machine-like retries ruin the success ratio"),
			hour(sim.Storms, all).because(0.015, "down begins when somebody first notices, a minute after it broke, and ends within seconds; the edges take the other way").
				like(row(.2143, .7578, .6664, .7578, 0)...),
			hour(sim.ComesLater, all).because(0.14, "by design: somebody is down until they see that it works, and who is away for ten minutes sees it late").
				like(row(.9515, .6285, .9255, .6285, 0)...),
			hour(sim.Leaves, all).because(0.07, "nobody is left who could witness the recovery, so it is charged until the last step of anybody, minutes after the outage began, and scatters with that one step. With the recovery given it is .588: 20 good minutes, 14 charged. That is no error either: those who left had no good time afterwards to count, while the clock counts 25 good minutes for chairs that were empty").
				like(row(.9523, 1, .9266, .5883, 0)...),
			hour(sim.Returns, all).because(0.13, "truth is above .750 because whoever returns spends their remaining 39 minutes when it works; felt uptime charges the others until the first of those who came back was well, and has no good time of those who did not"),
			spreadHour(all).because(0.06, "people with a step an hour learn late that it works again: a bad step is theirs until the next. One in six of those who were seen asked nothing meanwhile, and is flawless").
				like(row(.7506, .7272, .7502, .7202, .211)...),
		},
	}
}

func tenth() table {
	few := sim.Fault{Share: 0.1}
	return table{
		title: "One in ten is struck",
		intro: "Always the same ones; who they are is drawn in each run, so the clock says .975 in the mean.",
		settings: []setting{
			hour(sim.GoesOn, few).because(0.005, "the edges of the hour"),
			hour(sim.Retries, few).because(0.005, "as above"),
			hour(sim.Storms, few).because(0.005, "as above; twenty people whose page asks by itself take a fifth off the success ratio of two hundred"),
			hour(sim.ComesLater, few).because(0.02, "by design: they see late that it works"),
			hour(sim.Leaves, few).because(0.03, "as soon as those who are struck have left, everybody who is still there is well, and no record of anybody says that it is still broken for others. So recovery is believed after two or three minutes. With the recovery given it is right").
				like([]printed{{successRatio, .9982, 4}, {userUptime, 1, 4}, {boxUA, .9971, 4}, {feltGiven, .9742, 4}, {flawlessOfAll, .898, 3}, {truthFlawless, .9, 2}}...),
			hour(sim.Returns, few).because(0.03, "as the row above, but for those who came back"),
			spreadHour(few).because(0.01, "as above"),
		},
	}
}

func others() table {
	slow := sim.Fault{Share: 1, Slow: 4 * time.Second}
	east := sim.Fault{Share: 1, Region: "east"}
	third := sim.Fault{Share: 1, Part: 1.0 / 3}
	return table{
		title: "Slow, somewhere, now and then",
		intro: "The same hour with other faults. Slow: answers take 4 s and more in half of each person's minutes, with a heavy tail, and beyond 8 s they are bad. " +
			"Somewhere: everybody in one region of four, 17 in 100 people. Now and then: one of three minutes of each person.",
		settings: []setting{
			hour(sim.GoesOn, slow).named("slow; goes on", 0.01, "a slow answer is charged from the asking on, and until the next step"),
			hour(sim.Leaves, slow).named("slow; leaves for good", 0.2, "who leaves an hour because of one slow answer is charged until nobody is slow any more, though most minutes were good: a clock does not know that they lost the rest"),
			hour(sim.GoesOn, third).named("now and then; goes on", 0.01, "a minute is as short as the gap between two steps, so that bad ones are missed and good ones come late: it evens out"),
			hour(sim.Storms, third).named("now and then; retries until it works", 0.06, "a retry finds the next good minute at once, and who does not retry in a bad minute does not see it"),
			hour(sim.GoesOn, east).named("one region; goes on", 0.01, "the edges of the hour"),
			hour(sim.Leaves, east).named("one region; leaves for good", 0.05, "as when one in ten leaves: nobody of the region is left to witness how long it lasts"),
		},
	}
}

func town() table {
	all := sim.Fault{Share: 1}
	t := table{
		title: "An evening in town",
		intro: "2,000 people of very different activity, a hundred or so of whom come in an hour for an errand of a few minutes; it is broken from 19:30 to 20:15, and looked at from 18:00 to 22:00.",
	}
	whys := []string{
		"the cut-off is 30 minutes and an errand takes four. Many errands end within the outage with a bad step, and look as if people gave up: they are charged until it works again, at most the cut-off, though by the clock they would have been gone long before. Felt uptime answers another question here: for how long could they not do what they came for",
		"as above: who has retried ten times goes on, until their errand ends with a bad step",
		"small: somebody who retries is seen all the time",
		"by design: they see late that it works, and ten minutes are more than their errand",
		"charged for longer than they meant to stay, as those who go on; user-uptime says almost 1",
		"as above; who comes back within the cut-off is down until then",
	}
	within := []float64{0.42, 0.26, 0.04, 0.3, 0.41, 0.38}
	for i, h := range sim.Habits() {
		t.settings = append(t.settings, evening(h.String(), &h, all).because(within[i], whys[i]))
	}
	t.settings = append(t.settings,
		evening("everybody as they are", nil, all).because(0.31, "all of this, mixed"),
		evening("as they are; one in ten is struck", nil, sim.Fault{Share: 0.1}).because(0.05, "believing too early in a recovery and charging too long cancel out in part"),
		evening("as they are; one region is struck", nil, sim.Fault{Share: 1, Region: "east"}).because(0.07, "as above"),
		evening("as they are; slow", nil, sim.Fault{Share: 1, Slow: 4 * time.Second}).because(0.11, "as above; and who left for ten minutes because of one slow answer is down for ten minutes"),
	)
	return t
}
