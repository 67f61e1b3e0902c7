package gohook

// An Option changes what is counted.
type Option func(*config)

type config struct {
	partial bool
	threads []int32 // nil: the process
	self    bool    // the calling thread
	events  string  // Report and Profile
	rate    int     // Profile: samples per second
	name    string  // Profile
}

func configOf(opts []Option) config {
	var c config
	for _, o := range opts {
		o(&c)
	}
	return c
}

func (c *config) tids() []int32 {
	if c.self {
		return []int32{libThread()}
	}
	return c.threads
}

// Thread counts the calling thread alone. For a [Counter] the caller keeps its goroutine on that
// thread by runtime.LockOSThread; [Count] and its family do so themselves while they run.
func Thread() Option { return func(c *config) { c.self = true } }

// Threads counts the threads with these ids, and those of goroutines that [Counter.Join]; without
// any id only the latter.
func Threads(tids ...int) Option {
	return func(c *config) {
		c.threads = make([]int32, 0, len(tids))
		for _, t := range tids {
			c.threads = append(c.threads, int32(t))
		}
	}
}

// Partial leaves out events that cannot be counted here, unless that is all of them, instead of
// failing: they are absent from the results, and [Result.Note] names them.
func Partial() Option { return func(c *config) { c.partial = true } }

// Events sets the events of [Report] and [Profile]; the other functions take theirs as an argument.
func Events(list string) Option { return func(c *config) { c.events = list } }

// Rate sets how many samples [Profile] takes per second of CPU time and thread; the default is 1000.
func Rate(hz int) Option { return func(c *config) { c.rate = hz } }

// Name sets what the samples of [Profile] are labelled with; the default is "profile".
func Name(name string) Option { return func(c *config) { c.name = name } }
