/* SPDX-License-Identifier: MIT */
/*
 * Platform drivers: has somebody the devices that were given? The daemon's log
 * says what became of each, for a device in a line which begins with "device",
 * the name and a colon; the last one counts.
 */
#include "test-driver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAP_US 1000

#define FAILS  ": the probe function of "

static bool all_bound; /* when the driver was loaded first */

enum fate {
	FATE_NOBODY, /* no driver is for it */
	FATE_BOUND,
	FATE_WAITS, /* -EPROBE_DEFER */
	FATE_FAILED,
};

/* Only what begins with @start, and no advice, which is for others. */
static void strip(char *line, const char *start)
{
	const char *at = strstr(line, start);
	char *advice;

	if (at)
		memmove(line, at, strlen(at) + 1);
	advice = strstr(line, ": see what it wants");
	if (advice)
		*advice = '\0';
}

/* @line: what tells so. */
static enum fate fate_of(const char *name, char line[512])
{
	char start[160];

	snprintf(start, sizeof(start), "device %.128s: ", name);
	if (!rig_log_last(start, NULL, line))
		return FATE_NOBODY;
	strip(line, start);
	if (strstr(line, ": bound to driver "))
		return FATE_BOUND;
	if (strstr(line, " waits for something"))
		return FATE_WAITS;

	return strstr(line, FAILS) ? FATE_FAILED : FATE_NOBODY;
}

/* Who waits is probed once more when something new is there, which may be
 * going on right now. */
static enum fate await_fate(const char *name, char line[512])
{
	uint64_t deadline = test_now() + wanted.patience_ns;
	enum fate fate;

	while ((fate = fate_of(name, line)) == FATE_WAITS &&
	       test_now() < deadline && !test_signal)
		usleep(NAP_US);

	return fate;
}

/* A driver tells of a device by its name, and what it said last is why. */
static void tell_of_failure(const char *name, char line[512],
			    struct outcome *outcome)
{
	char start[160], failure[160], words[512];
	const char *why;

	snprintf(start, sizeof(start), ": %.128s: ", name);
	snprintf(failure, sizeof(failure), "device %.100s" FAILS, name);
	if (rig_log_last(start, failure, words))
		strip(words, start);
	why = words + strspn(words, ": ");
	outcome_set(outcome, VERDICT_FAILED,
		    "give the device what the driver wants, by --device",
		    "%.250s%s%.200s", line, *why ? ": " : "", why);
}

/* True: it is somebody's. */
static bool is_bound(const char *name, struct outcome *outcome)
{
	char line[512];

	switch (await_fate(name, line)) {
	case FATE_BOUND:
		return true;
	case FATE_WAITS:
		outcome_set(outcome, VERDICT_FAILED,
			    "load what it waits for before, by --with",
			    "%.400s (EPROBE_DEFER)", line);
		return false;
	case FATE_FAILED:
		tell_of_failure(name, line, outcome);
		return false;
	default:
		outcome_set(outcome, VERDICT_FAILED,
			    "give it a compatible= or driver= of the driver's",
			    "no driver has the device %.128s", name);
		return false;
	}
}

/* As evl-cused is given them: --device=NAME, or --device and NAME. */
static const char *device_in_daemon_args(unsigned int i)
{
	static const char option[] = "--device=";
	const size_t len = sizeof(option) - 1;
	const char *arg = wanted.daemon_args[i];

	if (strncmp(arg, option, len) == 0)
		return arg + len;
	if (strncmp(arg, option, len - 1) == 0 && arg[len - 1] == '\0' &&
	    i + 1 < wanted.nr_daemon_args)
		return wanted.daemon_args[i + 1];

	return NULL;
}

/* A device which a driver has made itself, or that is from a file. */
static bool no_other_failed(struct outcome *outcome)
{
	char line[512], name[128];
	const char *at;

	if (!rig_log_find(0, "device ", FAILS, line))
		return true;
	at = strstr(line, "device ") + strlen("device ");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ":"), at);

	return is_bound(name, outcome);
}

bool probe_look(struct outcome *outcome)
{
	bool given = wanted.nr_devices > 0, good = true;
	const char *name;

	memset(outcome, 0, sizeof(*outcome));
	for (unsigned int i = 0; i < wanted.nr_devices && good; i++)
		good = is_bound(wanted.devices[i].list[0], outcome);
	for (unsigned int i = 0; i < wanted.nr_daemon_args && good; i++) {
		name = device_in_daemon_args(i);
		given = given || name;
		good = name == NULL || is_bound(name, outcome);
	}
	good = good && no_other_failed(outcome);
	if (good)
		outcome->verdict = VERDICT_PASSED;
	all_bound = good;

	return given || !good;
}

void probe_look_again(long mark)
{
	char line[512];

	if (!all_bound || !rig_log_find(mark, "device ", FAILS, line))
		return;
	strip(line, "device ");
	failed("have remove() undo what probe() did", "%s", line);
}
