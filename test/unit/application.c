#include "application.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct order {
	int delay_us;
	char sql[4096];
};

struct answer {
	int code;
	char said[sizeof(((struct application *)0)->said)];
};

static int hear(void *self, int columns, char **values, char **names)
{
	struct answer *answer = self;

	(void)names;
	if (columns > 0 && values[0] != NULL)
		(void)snprintf(answer->said, sizeof(answer->said), "%s",
			       values[0]);
	return 0;
}

static void serve(const char *path, int orders, int answers)
{
	struct order order;
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		_exit(1);
	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		struct answer answer = { 0 };

		if (order.delay_us > 0)
			(void)usleep((useconds_t)order.delay_us);
		answer.code =
			sqlite3_exec(db, order.sql, hear, &answer, NULL) & 0xff;
		if (write(answers, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(sqlite3_close(db) == SQLITE_OK ? 0 : 1);
}

void application_start(struct application *app, const char *path)
{
	int orders[2], answers[2];

	memset(app, 0, sizeof(*app));
	assert_int_equal(pipe(orders), 0);
	assert_int_equal(pipe(answers), 0);
	app->pid = fork();
	assert_true(app->pid >= 0);
	if (app->pid == 0) {
		(void)close(orders[1]);
		(void)close(answers[0]);
		serve(path, orders[0], answers[1]);
	}
	(void)close(orders[0]);
	(void)close(answers[1]);
	app->to = orders[1];
	app->from = answers[0];
}

void application_begin(struct application *app, int delay_us, const char *sql)
{
	struct order order = { .delay_us = delay_us };

	assert_true(strlen(sql) < sizeof(order.sql));
	(void)snprintf(order.sql, sizeof(order.sql), "%s", sql);
	assert_int_equal(write(app->to, &order, sizeof(order)), sizeof(order));
}

int application_end(struct application *app)
{
	struct answer answer;

	assert_int_equal(read(app->from, &answer, sizeof(answer)),
			 sizeof(answer));
	(void)snprintf(app->said, sizeof(app->said), "%s", answer.said);
	return answer.code;
}

int application_do(struct application *app, const char *sql)
{
	application_begin(app, 0, sql);
	return application_end(app);
}

static void let_go(struct application *app, bool killed)
{
	int status;

	(void)close(app->to);
	assert_int_equal(waitpid(app->pid, &status, 0), app->pid);
	(void)close(app->from);
	if (!killed)
		assert_int_equal(status, 0);
}

void application_stop(struct application *app)
{
	let_go(app, false);
}

void application_kill(struct application *app)
{
	assert_int_equal(kill(app->pid, SIGKILL), 0);
	let_go(app, true);
}
