#include "sqlite/patience.h"

#include <sqlite3.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/lease.h"
#include "base/memory.h"

/* Often enough to stop within a millisecond, too rare to be measured. */
#define PROGRESS_OPERATIONS 1000

static int is_stopped(void *stop_now)
{
	const atomic_bool *flag = stop_now;

	return flag != NULL && atomic_load(flag);
}

/* What interrupts SQL, and how long a connection waits for a lock. SQLite's own
 * busy timeout would sleep through a stop. */
struct patience {
	const atomic_bool *stop_now;
	int leased;
	int64_t deadline_us;
	struct connection_limit limit;
	bool is_over; /* its time has come */
	int64_t timeout_us;
	int64_t until_us; /* of the lock that is being waited for */
};

static int is_interrupted(void *self)
{
	struct patience *patience = self;

	patience->is_over = patience->limit.until_us > 0 &&
			    clock_now_us() > patience->limit.until_us;
	return patience->is_over ||
	       is_stopped((void *)patience->stop_now) ||
	       (patience->leased > 0 && !lease_is_whole(patience->leased)) ||
	       (patience->deadline_us > 0 &&
		clock_now_us() > patience->deadline_us);
}

static int wait_for_lock(void *self, int times)
{
	struct patience *patience = self;
	int64_t now_us = clock_now_us();

	if (times == 0)
		patience->until_us = now_us + patience->timeout_us;
	if (now_us >= patience->until_us ||
	    is_stopped((void *)patience->stop_now))
		return 0;
	/* 1, 2, 4, 8, 16, and then 25 ms. */
	clock_sleep_ms(times < 5 ? 1 << times : 25);
	return 1;
}

/* The argument of a hook that is never called is the one place where SQLite
 * keeps a pointer of ours with the connection, and gives it back. */
static struct patience *swap_patience(struct sqlite3 *db,
				      struct patience *patience)
{
	return sqlite3_commit_hook(db, NULL, patience);
}

/* Where nothing can interrupt, it is not asked. */
static void listen(struct sqlite3 *db, struct patience *patience)
{
	if (patience->stop_now != NULL || patience->leased > 0 ||
	    patience->deadline_us > 0 || patience->limit.until_us > 0)
		sqlite3_progress_handler(db, PROGRESS_OPERATIONS,
					 is_interrupted, patience);
}

void patience_begin(struct sqlite3 *db,
		    const struct connection_options *options)
{
	struct patience *patience = xcalloc(1, sizeof(*patience));

	patience->stop_now = options->stop_now;
	patience->leased = options->leased;
	patience->deadline_us = options->deadline_us;
	if (options->limit_ms > 0)
		patience->limit = (struct connection_limit){
			.until_us = clock_now_us() + 1000 * options->limit_ms,
			.name = "run.database_timeout",
		};
	patience->timeout_us = INT64_C(1000) * options->busy_timeout_ms;
	swap_patience(db, patience);
	sqlite3_busy_handler(db, wait_for_lock, patience);
	listen(db, patience);
}

struct patience *patience_end(struct sqlite3 *db)
{
	return swap_patience(db, NULL);
}

/* Without taking it off. */
static struct patience *patience_of(struct sqlite3 *db)
{
	struct patience *patience = swap_patience(db, NULL);

	swap_patience(db, patience);
	return patience;
}

void connection_set_busy_timeout(struct sqlite3 *db, int timeout_ms)
{
	patience_of(db)->timeout_us = INT64_C(1000) * timeout_ms;
}

struct connection_limit connection_set_limit(struct sqlite3 *db,
					     struct connection_limit limit)
{
	struct patience *patience = patience_of(db);
	struct connection_limit before = patience->limit;

	patience->limit = limit;
	listen(db, patience);
	return before;
}

const char *connection_over(struct sqlite3 *db)
{
	const struct patience *patience = patience_of(db);

	return patience != NULL && patience->is_over ? patience->limit.name
						     : NULL;
}
