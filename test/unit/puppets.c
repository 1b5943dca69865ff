#include "puppets.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define NAME_BYTES 48

/* Set before the workers are asked for anything. */
static struct puppets *playing;

static struct subject make_subject(enum kind kind, char *names, size_t i)
{
	struct subject subject = {
		.kind = kind,
		.path = "system.db",
		.stamp = {
			.inode = i,
			.mode = S_IFREG | 0600,
			.bytes = 4096,
		},
	};

	if (kind == KIND_USER) {
		snprintf(names, NAME_BYTES, "u%07zu/u%07zu.db", i, i);
		subject.path = names;
		subject.username = "user";
	}
	return subject;
}

void puppets_open(struct puppets *puppets, size_t users, bool has_system)
{
	memset(puppets, 0, sizeof(*puppets));
	puppets->count = users + 1;
	puppets->all = xcalloc(puppets->count, sizeof(*puppets->all));
	puppets->fleet.users = xcalloc(users + 1, sizeof(struct subject));
	puppets->fleet.user_count = users;
	for (size_t i = 0; i < puppets->count; i++)
		puppets->all[i].outcome = OUTCOME_UPGRADED;
	for (size_t i = 0; i < users; i++)
		puppets->fleet.users[i] = make_subject(KIND_USER,
						       xmalloc(NAME_BYTES),
						       i + 1);
	if (has_system) {
		puppets->fleet.system = xmalloc(sizeof(struct subject));
		*puppets->fleet.system = make_subject(KIND_SYSTEM, NULL, 0);
	}
	playing = puppets;
}

void puppets_close(struct puppets *puppets)
{
	for (size_t i = 0; i < puppets->count - 1; i++) {
		union {
			const char *held;
			char *owned;
		} path = { .held = puppets->fleet.users[i].path };

		free(path.owned);
	}
	free(puppets->fleet.users);
	free(puppets->fleet.system);
	free(puppets->all);
	playing = NULL;
}

struct puppet *puppet_of(const struct puppets *puppets, size_t user)
{
	return &puppets->all[user + 1];
}

static void be_busy(struct job *job)
{
	struct error err = { 0 };

	error_set(&err, ERROR_BUSY, "an application has it locked");
	result_fail(&job->result, &err);
}

void puppet_work(struct job *job)
{
	struct puppet *puppet = &playing->all[job->subject->stamp.inode];
	int before;

	if (atomic_load(&puppet->turn) == 0)
		atomic_store(&puppet->turn,
			     atomic_fetch_add(&playing->turns, 1) + 1);
	if (puppet->goes_in_place && job->phase == JOB_LOOK) {
		job->phase = JOB_INPLACE;
		job->yielded = puppet->yielded;
		return;
	}
	job->phase = JOB_DONE;
	before = atomic_fetch_add(&puppet->worked, 1);
	if (puppet->sleep_ms > 0)
		clock_sleep_ms(puppet->sleep_ms);
	if (puppet->signal != 0)
		kill(getpid(), puppet->signal);
	while (puppet->waits_for_stop && !atomic_load(job->stop_now))
		clock_sleep_ms(1);
	if (puppet->waits_for_stop)
		return; /* undone: no outcome */
	if (before < puppet->busy_times) {
		be_busy(job);
		return;
	}
	job->result.outcome = puppet->outcome;
	job->result.has_backup = puppet->outcome == OUTCOME_UPGRADED;
	job->result.backup_bytes = 1000;
}

void puppet_look(struct job *job)
{
	struct puppet *puppet = &playing->all[job->subject->stamp.inode];

	atomic_fetch_add(&puppet->looked, 1);
	job->result.outcome = puppet->looks_like;
}
