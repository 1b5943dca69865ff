#include "fleet/tally.h"

#include <sys/stat.h>

#include "base/clock.h"

#define STALE_AFTER_S 3600 /* no application takes an hour to create a file */

static const int by_precedence[] = {
	EXIT_STATUS_SYSTEM,    EXIT_STATUS_DISK,  EXIT_STATUS_STOPPED,
	EXIT_STATUS_DATABASES, EXIT_STATUS_AGAIN, EXIT_STATUS_GOOD,
};

/* `status` is that of one such database; `as_gate` that of system.db where it
 * gates. */
static const struct rule {
	int status, as_gate;
	bool opens_gate, went_back;
} rules[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = { 0, 0, false, false },
	[OUTCOME_UPGRADED] = { 0, 0, true, false },
	[OUTCOME_CURRENT] = { 0, 0, true, true },
	[OUTCOME_FAILED] = { EXIT_STATUS_DATABASES, EXIT_STATUS_SYSTEM,
			     false, false },
	[OUTCOME_BUSY] = { EXIT_STATUS_AGAIN, EXIT_STATUS_SYSTEM,
			   false, false },
	[OUTCOME_SKIPPED] = { EXIT_STATUS_AGAIN, EXIT_STATUS_SYSTEM,
			      false, false },
	[OUTCOME_NEWER] = { EXIT_STATUS_DATABASES, EXIT_STATUS_SYSTEM,
			    false, false },
	[OUTCOME_WOULD_UPGRADE] = { 0, 0, true, false },
	[OUTCOME_WOULD_FAIL] = { EXIT_STATUS_DATABASES, EXIT_STATUS_SYSTEM,
				 false, false },
	[OUTCOME_RESTORED] = { 0, 0, true, true },
	[OUTCOME_KEPT] = { EXIT_STATUS_DATABASES, EXIT_STATUS_SYSTEM,
			   false, false },
};

/* A small database takes as long as copying so much of a big one. */
#define WORK_EACH_BYTES (256 * 1024)

static int64_t work_of(const struct subject *subject)
{
	return subject->stamp.bytes + WORK_EACH_BYTES;
}

void tally_expect(struct totals *totals, const struct subject *system,
		  const struct subject *users, size_t count)
{
	totals->databases = count + (system != NULL ? 1 : 0);
	totals->work = system != NULL ? work_of(system) : 0;
	for (size_t i = 0; i < count; i++)
		totals->work += work_of(&users[i]);
}

static bool is_stale_empty(const struct subject *subject)
{
	const struct stamp *stamp = &subject->stamp;

	return S_ISREG(stamp->mode) && stamp->bytes == 0 &&
	       clock_seconds() - stamp->modified.tv_sec > STALE_AFTER_S;
}

/* How many databases with that outcome count for the exit status. */
static size_t counted(const struct totals *totals, enum outcome outcome)
{
	if (outcome == OUTCOME_SKIPPED)
		return totals->outcomes[outcome] - totals->stale_empty;
	return totals->outcomes[outcome];
}

int tally_worse(int a, int b)
{
	for (size_t i = 0; by_precedence[i] != EXIT_STATUS_GOOD; i++)
		if (by_precedence[i] == a || by_precedence[i] == b)
			return by_precedence[i];
	return EXIT_STATUS_GOOD;
}

int64_t tally_backup_bytes(const struct subject *subject,
			   const struct result *result)
{
	int64_t held = (int64_t)stamp_disk_bytes(&subject->stamp);

	return held < result->backup_bytes ? held : result->backup_bytes;
}

void tally_add(struct totals *totals, const struct subject *subject,
	       const struct result *result, bool for_real)
{
	int64_t bytes;

	totals->done++;
	totals->work_done += work_of(subject);
	totals->outcomes[result->outcome]++;
	if (result->outcome == OUTCOME_UPGRADED)
		totals->strategies[result->strategy]++;
	if (subject->kind == KIND_SYSTEM)
		totals->system = result->outcome;
	if (result->outcome == OUTCOME_SKIPPED && is_stale_empty(subject))
		totals->stale_empty++;
	if (result->outcome == OUTCOME_FAILED && !result_is_unchanged(result))
		totals->in_doubt++;
	if (result->notes[0] != '\0')
		totals->notes++;
	totals->wal += result->is_wal;
	if (for_real && !result->has_backup)
		return;
	bytes = for_real ? result->backup_bytes
			 : tally_backup_bytes(subject, result);
	/* A worker process may have said anything. */
	if (__builtin_add_overflow(totals->bytes_backed_up, bytes,
				   &totals->bytes_backed_up))
		totals->bytes_backed_up = INT64_MAX;
	if (bytes > totals->bytes_biggest)
		totals->bytes_biggest = bytes;
}

int tally_status(const struct totals *totals, bool system_gates)
{
	int status = totals->unseen > 0 ? EXIT_STATUS_AGAIN : EXIT_STATUS_GOOD;

	if (system_gates)
		status = tally_worse(status, rules[totals->system].as_gate);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (counted(totals, (enum outcome)i) > 0)
			status = tally_worse(status, rules[i].status);
	return status;
}

bool tally_opens_gate(enum outcome system)
{
	return rules[system].opens_gate;
}

bool tally_went_back(enum outcome outcome)
{
	return rules[outcome].went_back;
}
