/*
 * roles: what the processes of the application do, each again and again until
 * the world is over.
 *
 * All of them pause longer and shorter in the same tides, from not at all to
 * 20 ms, so that an upgrade meets a fleet in uproar and one nearly idle.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "living.h"

/* A connection, and how far it came. */
struct connection {
	struct actor *actor;
	sqlite3 *db;
	int database;
	bool has_read;
	bool is_settled; /* wrote, or has had it open for a while */
};

enum {
	STARVED_S = 120,
	LONG_US = 800000, /* longer than the program waits for a lock */
};

static long now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static bool is_over(const struct actor *actor)
{
	return atomic_load(&actor->world->is_over) != 0;
}

static int chance(struct actor *actor, int below)
{
	return rand_r(&actor->seed) % below;
}

static void pause_at_most(struct actor *actor, int us)
{
	if (us > 0)
		(void)usleep((useconds_t)chance(actor, us));
}

static void pause_for_tide(struct actor *actor)
{
	static const int tides_us[] = { 0, 20000, 300, 3000 };

	pause_at_most(actor, tides_us[now_us() / 300000 % 4]);
}

/* ---- one connection ---- */

static void complain(struct connection *self, const char *what, int code)
{
	char path[4096];

	database_path(path, sizeof(path), self->actor->folder, self->database);
	(void)fprintf(stderr, "process %u, %s: %s: %s (%d, %s)\n",
		      self->actor->number, path, what, sqlite3_errstr(code),
		      code, sqlite3_errmsg(self->db));
	count_one(self->actor, COUNT_FAILED);
}

static bool is_busy(int code)
{
	return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

/* True if the error is one that a swap may cause, and counts it as such: it
 * comes only to who has just opened the file, and once: who opens it again can
 * read it. */
static bool is_race(struct connection *self, int code)
{
	struct actor *actor = self->actor;

	if ((code & 0xff) == SQLITE_NOTADB && !self->has_read &&
	    !actor->has_lost) {
		actor->has_lost = true;
		count_one(actor, COUNT_LOST);
		return true;
	}
	if (code == SQLITE_READONLY_DBMOVED && !self->is_settled) {
		count_one(actor, COUNT_MOVED);
		return true;
	}
	return false;
}

static int run_once(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return code;
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		if (number != NULL)
			*number = sqlite3_column_int64(statement, 0);
	/* It tells again what step told. */
	(void)sqlite3_finalize(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Runs one statement until it is not busy; the last number it gave. */
static int run(struct connection *self, const char *sql, int64_t *number)
{
	long begin = now_us();
	int code;

	while (is_busy(code = run_once(self->db, sql, number))) {
		count_one(self->actor, COUNT_BUSY);
		if (now_us() - begin > STARVED_S * 1000000L) {
			complain(self, "starved", code);
			return code;
		}
		pause_at_most(self->actor, 1000);
	}
	if (code == SQLITE_OK) {
		self->has_read = true;
		self->actor->has_lost = false;
	} else if (!is_race(self, code)) {
		complain(self, sql, code);
	}
	return code;
}

static int connect_to(struct connection *self, struct actor *actor,
		      int database)
{
	char path[4096];
	long begin;
	int code;

	*self = (struct connection){ .actor = actor, .database = database };
	database_path(path, sizeof(path), actor->folder, database);
	begin = now_us();
	code = sqlite3_open_v2(path, &self->db, SQLITE_OPEN_READWRITE, NULL);
	note_wait(actor, now_us() - begin);
	count_one(actor, COUNT_OPENED);
	if (code != SQLITE_OK) {
		complain(self, "open", code);
		return code;
	}
	(void)sqlite3_extended_result_codes(self->db, 1);
	(void)sqlite3_busy_timeout(self->db, 200);
	/* Overlapping checkpoints and a reset can lose frames in SQLite before
	 * 3.51.3. The one at the last close has the database for itself. */
	(void)sqlite3_wal_autocheckpoint(self->db, 0);
	/* Half of them do not wait for the disk, to come more often. */
	if (actor->number % 2 == 0)
		code = run(self, "PRAGMA synchronous = OFF", NULL);
	return code;
}

static void disconnect(struct connection *self)
{
	int code = sqlite3_close(self->db);

	if (code != SQLITE_OK)
		complain(self, "close", code);
}

/* The last row that this process was told is there, is there. */
static int look_at_last(struct connection *self)
{
	int64_t last = self->actor->written[self->database];
	int64_t rows = 0;
	char sql[96];
	int code;

	if (last == 0)
		return SQLITE_OK;
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM note WHERE id = %lld",
		       (long long)last);
	code = run(self, sql, &rows);
	if (code == SQLITE_OK && rows != 1) {
		(void)fprintf(stderr, "row %lld is there %lld times\n",
			      (long long)last, (long long)rows);
		complain(self, "an acknowledged row", code);
	}
	return code;
}

static int64_t next_id(struct actor *actor)
{
	actor->sequence++;
	return (int64_t)actor->number << 32 | actor->sequence;
}

/* Not written to: a rollback finds some to put back. */
static bool is_quiet(const struct connection *self)
{
	return (self->database + self->actor->world->turn) % 2 == 0;
}

/* One row in one transaction. */
static int put(struct connection *self)
{
	struct actor *actor = self->actor;
	int64_t id = next_id(actor);
	bool is_explicit = chance(actor, 2) == 0;
	char sql[160];
	int code = SQLITE_OK;

	if (is_quiet(self))
		return look_at_last(self);
	(void)snprintf(sql, sizeof(sql), "INSERT INTO note(id, body) VALUES "
		       "(%lld, 'written while it was upgraded')",
		       (long long)id);
	if (is_explicit)
		code = run(self, "BEGIN IMMEDIATE", NULL);
	if (code == SQLITE_OK)
		code = look_at_last(self);
	if (code == SQLITE_OK)
		code = run(self, sql, NULL);
	if (code == SQLITE_OK && is_explicit)
		code = run(self, "COMMIT", NULL);
	if (code == SQLITE_OK) {
		log_id(actor->log, self->database, id, true);
		actor->written[self->database] = id;
		self->is_settled = true;
		count_one(actor, COUNT_COMMITTED);
	} else if ((code & 0xff) != SQLITE_NOTADB &&
		   code != SQLITE_READONLY_DBMOVED) {
		log_id(actor->log, self->database, id, false);
	}
	return code;
}

/* No row that was there is gone: a later look sees as many, or more. */
static int look_at_all(struct connection *self)
{
	int64_t *seen = &self->actor->seen[self->database];
	int64_t rows = 0;
	int code = run(self, "SELECT count(*) FROM note", &rows);

	if (code == SQLITE_OK && rows < *seen) {
		(void)fprintf(stderr, "%lld rows after %lld\n",
			      (long long)rows, (long long)*seen);
		complain(self, "an older state", code);
	}
	if (code == SQLITE_OK) {
		count_one(self->actor, COUNT_READ);
		*seen = rows;
	}
	return code;
}

/* ---- the roles: each does its thing once, on a database of its choice ---- */

static void hammer(struct actor *actor, int database)
{
	struct connection self;

	if (connect_to(&self, actor, database) == SQLITE_OK)
		(void)put(&self);
	disconnect(&self);
}

/* Keeps its connection over some transactions. */
static void keep(struct actor *actor, int database)
{
	struct connection self;
	int code = connect_to(&self, actor, database);

	for (int left = chance(actor, 10); code == SQLITE_OK && left > 0;
	     left--) {
		code = put(&self);
		pause_at_most(actor, 2000);
	}
	disconnect(&self);
}

/* Has it open, does nothing, and finds everything where it was. */
static void hold(struct actor *actor, int database)
{
	struct connection self;
	int code = connect_to(&self, actor, database);

	if (code == SQLITE_OK)
		code = look_at_all(&self);
	pause_at_most(actor, 60000);
	self.is_settled = true;
	if (code == SQLITE_OK && look_at_all(&self) == SQLITE_OK)
		(void)put(&self);
	disconnect(&self);
}

/* A transaction that reads, and takes its time. */
static void read_for(struct actor *actor, int database, int us)
{
	struct connection self;
	int code = connect_to(&self, actor, database);
	int64_t seen;

	if (code == SQLITE_OK) /* (not run(): BEGIN reads nothing) */
		code = run_once(self.db, "BEGIN", NULL);
	if (code == SQLITE_OK)
		code = look_at_all(&self);
	if (code == SQLITE_OK) {
		seen = actor->seen[database];
		(void)usleep((useconds_t)us);
		code = look_at_all(&self);
		if (code == SQLITE_OK && actor->seen[database] != seen)
			complain(&self, "a snapshot that changed", code);
		(void)run(&self, "COMMIT", NULL);
	}
	disconnect(&self);
}

/* Is in the program's way, and then is away for a while. */
static void linger(struct actor *actor, int database)
{
	read_for(actor, database, LONG_US);
	pause_at_most(actor, LONG_US);
}

/* A reader, now and then with a transaction. */
static void look(struct actor *actor, int database)
{
	struct connection self;
	int64_t seen;
	int code;

	if (chance(actor, 8) == 0) {
		read_for(actor, database, chance(actor, 30000));
		return;
	}
	code = connect_to(&self, actor, database);
	if (code == SQLITE_OK)
		code = look_at_all(&self);
	if (code == SQLITE_OK && chance(actor, 8) == 0) {
		/* It gives one row, "ok", which is no number; each complaint
		 * more would be a row more. */
		seen = -1;
		code = run(&self, "SELECT count(*) FROM pragma_integrity_check "
				  "WHERE integrity_check <> 'ok'", &seen);
		if (code == SQLITE_OK && seen != 0)
			complain(&self, "integrity_check", code);
	}
	disconnect(&self);
}

/* Asks for the file and does nothing with it, as fast as it goes: what comes
 * before a lease, amid a swap and right behind it. */
static void tap(struct actor *actor, int database)
{
	static const int ways[] = { O_RDONLY, O_RDWR, O_RDONLY | O_NONBLOCK };
	char path[4096];
	long begin;
	int fd;

	database_path(path, sizeof(path), actor->folder, database);
	for (int left = 1 + chance(actor, 8); left > 0; left--) {
		begin = now_us();
		fd = open(path, ways[chance(actor, 3)] | O_CLOEXEC);
		note_wait(actor, now_us() - begin);
		count_one(actor, COUNT_OPENED);
		if (fd >= 0) {
			(void)close(fd);
		} else if (errno == EWOULDBLOCK) {
			count_one(actor, COUNT_REFUSED);
		} else {
			perror(path);
			count_one(actor, COUNT_FAILED);
		}
	}
}

/* Who has lost a race opens the same database again, and at once. */
void act(struct actor *actor)
{
	static void (*const roles[])(struct actor *, int) = {
		hammer, tap, keep, hammer, look, hammer, hold, hammer, linger,
	};
	size_t role = (actor->number - 1) % (sizeof(roles) / sizeof(*roles));
	int database;

	while (!is_over(actor)) {
		database = chance(actor, actor->databases);
		do
			roles[role](actor, database);
		while (actor->has_lost && !is_over(actor));
		pause_for_tide(actor);
	}
}
