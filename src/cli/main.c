/*
 * main: from the command line to the exit status.
 *
 * Errors of a command are printed here, once. Everything that the process owns
 * is released in the end, also because the tests look for leaks.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/session.h"
#include "sqlite/library.h"

/* Runs the command; what it leaves in *last_run is the caller's. */
static int run(const struct options *options, int *exit_status,
	       struct run **last_run, struct error *err)
{
	struct config config;
	struct session session;
	int rc = library_begin(err);

	if (rc == 0 && options->command->check)
		rc = options->command->check(options, err);
	if (rc == 0)
		rc = config_read(options, environ, &config, err);
	if (rc == 0)
		rc = session_open(&session, options, &config, err);
	if (rc)
		return rc;
	rc = options->command->run(&session, exit_status, err);
	session_close(&session);
	*last_run = session.last_run;
	return rc;
}

/* A report that did not get out must not look like a good run. */
static int check_output(struct error *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	/* Not errno: the write that failed may be long past. */
	return error_set(err, ERROR_IO, "standard output could not be written "
			 "to its end: what was printed is not all of it");
}

int main(int argc, char **argv)
{
	struct options options;
	struct error error = { 0 };
	struct run *last_run = NULL;
	int exit_status = EXIT_STATUS_GOOD;
	int rc;

	/* The write that goes beyond the limit of a file's size tells. */
	(void)signal(SIGXFSZ, SIG_IGN);
	rc = options_parse(argc, argv, &options, &error);
	if (rc == 0 && options.help)
		help_print(stdout, &options);
	else if (rc == 0 && options.version)
		help_print_version(stdout);
	else if (rc == 0)
		rc = run(&options, &exit_status, &last_run, &error);
	if (rc == 0 && exit_status == EXIT_STATUS_GOOD)
		rc = check_output(&error);
	options_release(&options);
	if (rc)
		message_error(&error);
	if (last_run)
		run_raise_signal(last_run);
	run_free(last_run);
	return rc ? exit_status_of((enum error_code)rc) : exit_status;
}
