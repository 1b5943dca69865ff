/*
 * call: how to call the program again, for what a report tells people to type.
 *
 * Runs on: the loop thread. Owns nothing: whoever knows the command line gives
 * the function and what it is to be called with, which outlive the report.
 *
 * What is printed is pasted, so that it has to mean no more than what is said
 * beside it: a command that goes on with what this one was about names the same
 * users, the same run and the same --to, or else it would do all of the fleet.
 */
#ifndef FLEET_REPORT_CALL_H
#define FLEET_REPORT_CALL_H

#include <stdio.h>

/* What a command to type takes over from the one that was given. */
enum call_about {
	CALL_FLEET, /* which fleet it is, and which migrations */
	CALL_GIVEN, /* all of it, but for the command's name and how the report
		     * is to look: users, --run, --to, --exclude, --force... */
	CALL_USER,  /* which fleet it is; it is about one database of that */
};

/* Zeroed: nothing is known of the command line. */
struct call {
	/* The command `words` ("rollback --force"), complete and quoted for a
	 * shell; `user`: about whom it is, NULL: nobody. The caller frees it.
	 */
	char *(*compose)(const void *given, const char *words,
			 enum call_about about, const char *user);
	const void *given;
};

/* Prints the command; plainly "fleet-upgrade WORDS" where nothing is known. */
void call_print(FILE *out, const struct call *call, const char *words,
		enum call_about about, const char *user);

#endif
