package config

// Receive says who may send experiences over HTTP.
	Receive Receive `yaml:"receive"`

	// Gateway stands before backends and hides their faults from people. Without pools
	// there is none.
	Gateway Gateway `yaml:"gateway"`

	// People says who is one person.
	People People `yaml:"people"`

	// Cutoff is how long somebody may do nothing and still be there, such as 30m.
	// When it is not written it is 0: learned from the people themselves.
	Cutoff time.Duration `yaml:"cutoff" is:"cutoff"`

	// Lateness is how late a line may come and still be counted at once; what comes
	// later is counted too, but after a while.
	Lateness time.Duration `yaml:"lateness" is:"lateness"`

	// Labels are what people are told apart by, beside the journey: the name of each,
	// such as region, and where it stands in the log: header:NAME or field:NAME.
	Labels []Label `yaml:"labels" is:"label field,named"`

	// By says which numbers are shown apart, beside those of each journey: step, or
	// the name of a label. When it is not written it is nil: every label.
	By []string `yaml:"by" is:"dimension"`

	// Moments are the times that matter.
	Moments []Moment `yaml:"moments"`

	// Judging says when an experience is bad.
	Judging Judging `yaml:"judging"`

	// Status is the page for the public.
	Status Status `yaml:"status"`

	// Mail is how e-mail is sent. When nothing stands in it: none is.
	Mail Mail `yaml:"mail"`

	// Notify are those who are told when people are hurt.
	Notify []Notify `yaml:"notify"`
}

// Ledger is where all facts are kept first: in this process, on NATS servers that somebody
// else runs, or in a cluster of processes like this one.
type Ledger struct {
	// URLs are the NATS servers that somebody else runs, such as nats://host:4222.
	URLs []string `yaml:"urls" is:"nats"`

	// Credentials is a file with the JWT and the seed of a NATS user.
	Credentials string `yaml:"credentials" is:"file"`

	// User is the name of a NATS user.
	User string `yaml:"user" is:"secret"`

	// Password is the password of the NATS user.
	Password string `yaml:"password" is:"secret"`

	// Token is what NATS servers know us by, in place of a user.
	Token string `yaml:"token" is:"secret"`

	// NKey is a file with the seed of a NATS user.
	NKey string `yaml:"nkey" is:"file"`

	// CA is a file with the certificates that are trusted. When it is not written:
	// those of the system.
	CA string `yaml:"ca" is:"file"`

	// Cert is a file with the certificate of this side.
	Cert string `yaml:"cert" is:"file"`

	// Key is a file with the key of that certificate.
	Key string `yaml:"key" is:"file"`

	// Replicas is on how many servers each fact is kept: 1, 3 or 5.
	Replicas string `yaml:"replicas" is:"1|3|5"`

	// Keep is how long records stay in the ledger once they are in the archive, all of
	// them or by kind: experiences, checks, calls; 0 is forever. Small facts, such as
	// releases, stay.
	Keep Keep `yaml:"keep" is:"duration,each"`

	// Cluster makes several processes like this one a ledger together.
	Cluster Cluster `yaml:"cluster"`
}

// Cluster is three or five processes like this one that are one ledger.
type Cluster struct {
	// Name is how the cluster is called, the same in all of them.
	Name string `yaml:"name" is:"node"`

	// Node is how this process is called, another name in each.
	Node string `yaml:"node" is:"node"`

	// Listen is where this process is for the others, as host:port.
	Listen string `yaml:"listen" is:"address"`

	// Routes are where all of them are, as host:port.
	Routes []string `yaml:"routes" is:"address"`

	// Secret is what they know each other by, the same in all of them.
	Secret string `yaml:"secret" is:"secret"`
}

// Archive is the second copy of all facts, in files that other engines read.
type Archive struct {
	// Where is a folder, s3://bucket/prefix?endpoint=https://host&region=name, or off.
	// When it is not written: the folder archive in data.
	Where string `yaml:"where" is:"archive"`

	// Every is how often what came is written to it. What has not been written yet is
	// in the ledger.
	Every time.Duration `yaml:"every" is:"every"`

	// Keep is how long records stay in it, all of them or by kind: experiences, checks,
	// calls; 0 is forever. Small facts, such as releases, stay.
	Keep Keep `yaml:"keep" is:"duration,each"`
}

// Label is what people are told apart by, beside the journey.
type Label struct {
	Name  string // such as region
	Field string // where it stands in the log: header:NAME or field:NAME
}

// Moment is a time that matters. Exactly one of weekly, calendar, rrule, holidays and
// busy says when.
type Moment struct {
	// Name is how the moment is called. It must be written.
	Name string `yaml:"name" is:"moment,required"`

	// Weekly are the days and hours, such as Mon-Fri 09:00-17:30.
	Weekly string `yaml:"weekly" is:"weekly"`

	// Zone is the time zone of the moment. When it is not written: that of the pages.
	Zone string `yaml:"zone" is:"zone"`

	// Except are the countries on whose public holidays it does not occur.
	Except []string `yaml:"except" is:"country"`

	// Calendar is the path or the address of an iCalendar file. A path that does not
	// start with / is looked for beside honderd.yaml.
	Calendar string `yaml:"calendar" is:"calendar"`

	// Only takes the events of the calendar whose summary has this in it.
	Only string `yaml:"only" is:"summary"`

	// RRule is a recurrence rule, from start on.
	RRule string `yaml:"rrule" is:"rrule"`

	// Start is when the rule starts, in local time.
	Start string `yaml:"start" is:"start"`

	// Lasts is how long each occurrence of the rule lasts.
	Lasts time.Duration `yaml:"lasts" is:"lasts"`

	// Holidays is the country whose public holidays are the moment.
	Holidays string `yaml:"holidays" is:"country"`

	// Busy is how much of all people the fewest hours of the week that make up the
	// moment carry, such as 50%.
	Busy string `yaml:"busy" is:"percent"`
}

// Source is one thing that people's experiences are read from.
type Source struct {
	// Log is the path of an access log. It must be written.
	Log string `yaml:"log" is:"log,required"`

	// Format is how the lines of the log are written: an nginx log_format, an Apache
	// LogFormat, or the name of a known format. When it is not written it is found out.
	Format string `yaml:"format" is:"format"`
}

// Receive says who may send experiences over HTTP.
type Receive struct {
	// Keys are what senders show. Without any, only programs on this machine may send.
	Keys []string `yaml:"keys" is:"secret"`

	// Browser says which pages may tell what the people before them saw.
	Browser Browser `yaml:"browser"`

	// OTLP says where OpenTelemetry sends to.
	OTLP OTLP `yaml:"otlp"`
}

// OTLP says where OpenTelemetry sends to.
type OTLP struct {
	// GRPC is where OTLP over gRPC comes in, as host:port, or off.
	GRPC string `yaml:"grpc" is:"door"`

	// HTTP is where OTLP over HTTP comes in, as host:port, or off.
	HTTP string `yaml:"http" is:"door"`
}

// Browser says which pages may tell what the people before them saw.
type Browser struct {
	// Origins are where pages come from that may tell, such as https://shop.example.
	// Without any: pages of the host that is asked.
	Origins []string `yaml:"origins" is:"origin"`

	// Key is what pages show. It stands in the page, so it is no secret. Without it:
	// none is asked for.
	Key string `yaml:"key" is:"secret"`

	// Count says what is kept: all, or only what is unseen by servers. When it is not
	// written: unseen where there are logs or a gateway, else all.
	Count string `yaml:"count" is:"all|unseen"`
}
