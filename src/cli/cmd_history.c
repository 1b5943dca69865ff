#include "cli/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/exit_status.h"
#include "cli/session.h"
#include "report/history.h"
#include "report/json.h"

/* Without --verbose only the newest are shown. */
#define RUNS_SHOWN 20

/* `history [RUN] [USER]...` */
struct request {
	const struct options *options;
	const char *state_path; /* NULL: there is none */
	struct history_options text;
	const char *run;	/* NULL: all */
	char **users;
	size_t user_count;

	const struct journal_run *current; /* its results are coming */
	bool is_printed;		   /* `current` is */
	size_t found;			   /* runs that were asked for */
	size_t printed;			   /* of these */
	int rc;				   /* why no more is read; 0: go on */
	struct error *err;
};

static void print_run(struct request *request)
{
	if (request->is_printed)
		return;
	request->is_printed = true;
	if (request->printed++ == 0 && !request->options->json)
		history_print_head(&request->text);
	if (request->options->json)
		json_print_run(stdout, request->current);
	else
		history_print_run(&request->text, request->current);
}

/* A run that has nothing of the users asked for is passed over. */
static void tell_result(void *self, const struct journal_result *result)
{
	struct request *request = self;

	print_run(request);
	if (request->options->json)
		json_print_result(stdout, result);
	else
		history_print_result(&request->text, result);
}

static void print_results(struct request *request, const char *username)
{
	if (request->rc == 0)
		request->rc = journal_each_result(request->state_path,
						  request->current->id,
						  username, tell_result,
						  request, request->err);
}

static void tell_run(void *self, const struct journal_run *run)
{
	struct request *request = self;

	if (request->run && strcmp(request->run, run->id) != 0)
		return;
	request->found++;
	request->current = run;
	request->is_printed = false;
	if (request->user_count == 0)
		print_run(request);
	if (request->run && request->user_count == 0)
		print_results(request, NULL);
	for (size_t i = 0; i < request->user_count; i++)
		print_results(request, request->users[i]);
}

static int show(struct request *request)
{
	struct error *err = request->err;
	bool is_short = !request->run && !request->options->verbose;
	int rc;

	rc = journal_each_run(request->state_path, is_short ? RUNS_SHOWN : 0,
			      tell_run, request, err);
	if (rc == 0)
		rc = request->rc;
	if (rc == 0 && request->run && request->found == 0)
		rc = error_set(err, ERROR_USAGE, "there is no run %s in the "
			       "journal; 'fleet-upgrade history' lists the "
			       "runs", request->run);
	return rc;
}

static bool has_user(const struct fleet *fleet, const char *username)
{
	for (size_t i = 0; i < fleet->user_count; i++)
		if (strcmp(fleet->users[i].username, username) == 0)
			return true;
	return false;
}

/* Whose file is gone may have a history all the same; who has neither is a name
 * mistyped. */
static int check_users(const struct request *request, const struct fleet *fleet,
		       struct error *err)
{
	for (size_t i = 0; i < request->user_count && !request->printed; i++)
		if (!has_user(fleet, request->users[i]))
			return error_set(err, ERROR_USAGE, "no database of %s, "
					 "and no run that had one; "
					 "'fleet-upgrade history' lists the "
					 "runs", request->users[i]);
	return 0;
}

int cmd_history(struct session *session, int *exit_status, struct error *err)
{
	const struct options *options = session->options;
	struct request request = {
		.options = options,
		.state_path = session->state.path,
		.text = { stdout, session_has_colour(session, stdout) },
		.users = options->words,
		.user_count = options->word_count,
		.err = err,
	};
	int rc;

	if (request.user_count > 0 && clock_is_run_id(request.users[0])) {
		request.run = *request.users++;
		request.user_count--;
	}
	*exit_status = EXIT_STATUS_GOOD;
	rc = show(&request);
	if (rc == 0)
		rc = check_users(&request, session->fleet, err);
	if (rc == 0 && request.printed == 0 && !options->json &&
	    !options->quiet)
		puts(request.user_count > 0
			     ? "no run had anything to do with these users"
			     : "no run has been recorded yet");
	return rc;
}
