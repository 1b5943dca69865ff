/*
 * living: the application of a fleet, at work while the fleet is upgraded; and
 * who looks afterwards whether anything was lost. living.h has the rules.
 *
 *	living make FOLDER LOGS DATABASES
 *		makes a fleet, at version 1 and without ledgers
 *	living work FOLDER LOGS DATABASES PROCESSES SEED
 *		is the application until SIGTERM; then prints its counts, one
 *		JSON object, and ends with 1 if anything failed. It writes to
 *		half of the databases, and at each SIGUSR1 to the other half
 *	living check FOLDER LOGS VERSION
 *		looks at a fleet that nobody has open: every acknowledged row
 *		is there, once, and so is every step up to the version; nothing
 *		is left behind; the backups are good. Ends with 1 if not
 *	living ask FILE...
 *		open() that does not wait; prints, for each, "leased" if
 *		somebody holds a lease on it, which from then on is asked back,
 *		"open" if not
 *	living put FILE ID
 *		opens the database, inserts a row, closes; begins again if it
 *		was no database. Prints a result code of SQLite's for each try
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "living.h"

enum { FIRST_ROWS = 200, PROCESSES_MOST = 256 };

static void die(const char *what)
{
	perror(what);
	exit(74);
}

void database_path(char *path, size_t size, const char *folder, int database)
{
	if (database == 0)
		(void)snprintf(path, size, "%s/system.db", folder);
	else
		(void)snprintf(path, size, "%s/u%03d_longterm.db", folder,
			       database);
}

bool database_has_wal(int database)
{
	return database % 5 == 3;
}

static int open_log(const char *logs, uint32_t number)
{
	char path[4096];
	int log;

	(void)snprintf(path, sizeof(path), "%s/%u", logs, number);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		die(path);
	return log;
}

void log_id(int log, int database, int64_t id, bool is_sure)
{
	char line[64];
	int bytes = snprintf(line, sizeof(line), "%d %lld %s\n", database,
			     (long long)id, is_sure ? "ok" : "doubt");

	if (write(log, line, (size_t)bytes) != bytes)
		die("the log");
}

void count_one(struct actor *actor, enum count count)
{
	(void)atomic_fetch_add(&actor->world->counts[count], 1);
}

void note_wait(struct actor *actor, long us)
{
	_Atomic long *longest = &actor->world->longest_open_us;
	long before = atomic_load(longest);

	while (us > before &&
	       !atomic_compare_exchange_weak(longest, &before, us))
		;
}

/* ---- make ---- */

static void must(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
		return;
	(void)fprintf(stderr, "%s: %s\n", sql, message);
	exit(74);
}

static void make_database(const char *folder, int log, int database)
{
	sqlite3 *db = NULL;
	char path[4096];
	char sql[200];

	database_path(path, sizeof(path), folder, database);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(path);
	if (database_has_wal(database))
		must(db, "PRAGMA journal_mode = WAL");
	must(db, "PRAGMA synchronous = OFF; BEGIN;"
		 "CREATE TABLE note(id INTEGER NOT NULL, body TEXT);"
		 "CREATE INDEX note_id ON note(id);"
		 "CREATE TABLE applied(step INTEGER NOT NULL);");
	for (int64_t row = 1; row <= FIRST_ROWS; row++) {
		(void)snprintf(sql, sizeof(sql), "INSERT INTO note VALUES "
			       "(%lld, 'here before it was upgraded')",
			       (long long)row);
		must(db, sql);
		log_id(log, database, row, true);
	}
	must(db, "COMMIT");
	(void)sqlite3_close(db);
}

static int make(char **args)
{
	int log = open_log(args[1], 0);

	for (int database = 0; database < atoi(args[2]); database++)
		make_database(args[0], log, database);
	(void)close(log);
	return 0;
}

/* ---- work ---- */

static void print_counts(const struct world *world)
{
	static const char *const names[COUNTS] = {
		[COUNT_OPENED] = "opened",
		[COUNT_REFUSED] = "refused",
		[COUNT_COMMITTED] = "committed",
		[COUNT_READ] = "read",
		[COUNT_BUSY] = "busy",
		[COUNT_LOST] = "lost",
		[COUNT_MOVED] = "moved",
		[COUNT_FAILED] = "failed",
	};

	(void)printf("{");
	for (int count = 0; count < COUNTS; count++)
		(void)printf("\"%s\":%ld,", names[count],
			     atomic_load(&world->counts[count]));
	(void)printf("\"longest_open_us\":%ld}\n",
		     atomic_load(&world->longest_open_us));
}

static pid_t start(struct world *world, char **args, uint32_t number)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	struct actor actor = {
		.world = world,
		.folder = args[0],
		.number = number,
		.databases = atoi(args[2]),
		.seed = (unsigned)atoi(args[4]) * 1000U + number,
	};

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	actor.log = open_log(args[1], number);
	actor.written = calloc((size_t)actor.databases, sizeof(int64_t));
	actor.seen = calloc((size_t)actor.databases, sizeof(int64_t));
	if (actor.written == NULL || actor.seen == NULL)
		die("memory");
	act(&actor);
	free(actor.written);
	free(actor.seen);
	_exit(0);
}

static int work(char **args)
{
	int processes = atoi(args[3]);
	struct world *world;
	int status, bad = 0;
	int signal;
	sigset_t set;

	if (processes < 1 || processes > PROCESSES_MOST)
		return 64;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		die("mmap");
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	for (int number = 1; number <= processes; number++)
		(void)start(world, args, (uint32_t)number);
	while (sigwait(&set, &signal) == 0 && signal == SIGUSR1)
		(void)atomic_fetch_add(&world->turn, 1);
	atomic_store(&world->is_over, 1);
	while (wait(&status) > 0)
		if (status != 0) {
			(void)fprintf(stderr, "a process ended with %#x\n",
				      (unsigned)status);
			bad = 1;
		}
	print_counts(world);
	return bad || atomic_load(&world->counts[COUNT_FAILED]) > 0;
}

/* ---- check, ask, put ---- */

static int check(char **args)
{
	return check_fleet(stdout, args[0], args[1], atoi(args[2])) > 0;
}

static int ask(char **args)
{
	for (; *args != NULL; args++) {
		int fd = open(*args, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0 && errno != EWOULDBLOCK)
			die(*args);
		(void)puts(fd < 0 ? "leased" : "open");
		if (fd >= 0)
			(void)close(fd);
	}
	return 0;
}

static int put(char **args)
{
	char sql[128];
	int code;

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO note(id, body) VALUES (%s, 'put')",
		       args[1]);
	for (int left = 3; left > 0; left--) {
		sqlite3 *db = NULL;

		code = sqlite3_open_v2(args[0], &db, SQLITE_OPEN_READWRITE,
				       NULL);
		(void)sqlite3_busy_timeout(db, 20000);
		if (code == SQLITE_OK)
			(void)sqlite3_exec(db, sql, NULL, NULL, NULL);
		code = sqlite3_extended_errcode(db);
		(void)printf("%d\n", code);
		(void)fflush(stdout);
		(void)sqlite3_close(db);
		if (code != SQLITE_NOTADB)
			return code != SQLITE_OK;
	}
	return 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **args);
		int least, most;
	} modes[] = {
		{ "make", make, 3, 3 },	  { "work", work, 5, 5 },
		{ "check", check, 3, 3 }, { "ask", ask, 1, 1000 },
		{ "put", put, 2, 2 },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0 &&
		    argc - 2 >= modes[i].least && argc - 2 <= modes[i].most)
			return modes[i].run(argv + 2);
	(void)fputs("living: see the head of its source\n", stderr);
	return 64;
}
