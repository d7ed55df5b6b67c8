/* SPDX-License-Identifier: MIT */
/*
 * The quickstart's viewer: reads the samples of demo-sampler from a node, as
 * any program would read any device, and draws how late they were. Knows
 * nothing of EVL, links to no library of ours.
 */
#include "demo-screen.h"
#include "demo.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DRAW_EVERY_MS	100
#define OPEN_PATIENCE_S 3.
#define SILENCE_S	3. /* then the sampler is gone */
#define BATCH		128

enum view_exit {
	EXIT_USAGE = 2,
	EXIT_NO_NODE = 3,
	EXIT_NO_SAMPLES = 4,
};

static struct {
	const char *path;
	double seconds; /* 0: until there is no more */
	bool plain;
} want = { .path = "/dev/evl/xbuf/" DEMO_NAME };

static struct {
	int fd; /* owned */
	struct histogram hist;
	uint64_t next_seq, nr_lost;
	bool realtime;
	double start, last; /* first and latest sample; 0: none yet */
	const char *end;    /* why there is no more, NULL: there is */
} view;

static volatile sig_atomic_t stop;

static const struct argp_option options[] = {
	{ "seconds", 's', "N", 0, "End after so many", 1 },
	{ "plain", 'p', NULL, 0,
	  "A line a second and one picture at the end (the default where the "
	  "output is no terminal)",
	  1 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	char *end;

	switch (key) {
	case 's':
		want.seconds = strtod(arg, &end);
		if (*end || !(want.seconds > 0 && want.seconds < 1e6))
			argp_error(state, "%s: no number of seconds", arg);
		break;
	case 'p':
		want.plain = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "%s: what is that for?", arg);
		want.path = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}

	return 0;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void take_note(int signo)
{
	stop = 1;
}

/* SIGWINCH ends a poll(), and the next picture has the new size. */
static void nothing(int signo)
{
}

static void watch_signals(void)
{
	struct sigaction action = { .sa_handler = take_note };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = nothing;
	sigaction(SIGWINCH, &action, NULL);
}

/* The sampler may be about to make it. */
static int open_node(void)
{
	double deadline = now_s() + OPEN_PATIENCE_S;
	int fd;

	do {
		fd = open(want.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 || errno != ENOENT)
			break;
		usleep(20000);
	} while (!stop && now_s() < deadline);

	return fd;
}

static void take_sample(const struct demo_sample *sample)
{
	/* Older than we are: it was in the ring already. */
	if (view.hist.nr && sample->seq > view.next_seq)
		view.nr_lost += sample->seq - view.next_seq;
	view.next_seq = sample->seq + 1;
	view.realtime = sample->flags & DEMO_REALTIME;
	histogram_add(&view.hist, sample->late_ns);
}

/* Take what is there. Samples are written whole, and so are they read. */
static void read_samples(void)
{
	struct demo_sample samples[BATCH];
	ssize_t size;

	size = read(view.fd, samples, sizeof(samples));
	if (size < 0) {
		if (errno != EAGAIN && errno != EINTR)
			view.end = strerrordesc_np(errno);
		return;
	}
	if (size == 0 || (size_t)size % sizeof(samples[0])) {
		view.end =
			size ? "not what demo-sampler writes" : "end of file";
		return;
	}

	view.last = now_s();
	if (view.start == 0)
		view.start = view.last;
	for (size_t i = 0; i < (size_t)size / sizeof(samples[0]); i++)
		take_sample(&samples[i]);
}

static void wait_for_samples(void)
{
	struct pollfd pfd = { .fd = view.fd, .events = POLLIN };
	int ret;

	ret = poll(&pfd, 1, DRAW_EVERY_MS);
	if (ret < 0 && errno != EINTR)
		view.end = strerrordesc_np(errno);
	if (ret > 0)
		read_samples();
	/* Some fronts tell of their end by this alone. */
	if (ret > 0 && view.end == NULL && !(pfd.revents & POLLIN))
		view.end = "the device is gone";
}

static struct picture picture(void)
{
	return (struct picture){
		.hist = &view.hist,
		.nr_lost = view.nr_lost,
		.seconds = view.last - view.start,
		.realtime = view.realtime,
	};
}

static void show(void)
{
	struct picture pic = picture();
	char line[256];

	if (want.plain) {
		screen_line(&pic, line, sizeof(line));
		puts(line);
		fflush(stdout);
	} else {
		screen_draw(&pic);
	}
}

static void follow(void)
{
	const double interval = want.plain ? 1 : DRAW_EVERY_MS / 1e3;
	double begin = now_s(), next = begin + interval, now;

	while (!stop && view.end == NULL) {
		wait_for_samples();
		now = now_s();
		if (now >= next && view.hist.nr) {
			show();
			next = now + interval;
		}
		if (want.seconds > 0 && view.start > 0 &&
		    now - view.start >= want.seconds)
			break;
		if (now - (view.last > 0 ? view.last : begin) > SILENCE_S)
			view.end = "no more samples come";
	}
}

static int sum_up(void)
{
	struct picture pic = picture();

	if (view.hist.nr && want.plain)
		screen_print(&pic);
	else if (view.hist.nr)
		screen_draw(&pic);
	screen_leave();
	if (view.end)
		fprintf(stderr, "demo-view: %s: %s\n", want.path, view.end);

	return view.hist.nr ? EXIT_SUCCESS : EXIT_NO_SAMPLES;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[NODE]",
		.doc = "Show what demo-sampler sends, live."
		       "\vNODE is /dev/evl/xbuf/" DEMO_NAME " unless given.\n\n"
		       "Exit status: 0; 2 bad usage; 3 there is no such node, "
		       "or not for us; 4 no sample came.",
	};

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!isatty(STDOUT_FILENO))
		want.plain = true;

	watch_signals();
	histogram_init(&view.hist);
	view.fd = open_node();
	if (view.fd < 0) {
		fprintf(stderr, "demo-view: %s: %s\n", want.path,
			strerrordesc_np(errno));
		return EXIT_NO_NODE;
	}

	follow();
	close(view.fd);

	return sum_up();
}
