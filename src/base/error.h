/*
 * error: why something did not work, as a value that can be copied.
 *
 * Runs on: any thread. A struct error is plain data with a fixed buffer: it
 * owns nothing, needs no release and may cross the thread line by copying.
 *
 * Calling order: the place that fails calls error_set(); each caller that
 * knows more calls error_prefix(), so that the text reads outermost first;
 * whoever cleans up after a failure and fails again calls error_append(), so
 * that the first reason is never lost. Only `main` (the command failed) and
 * the run's listeners (a database failed) print an error: nobody both prints
 * and returns one.
 *
 * Wording: lower case, no full stop, which file, and what the operator can do
 * after "; ".
 */
#ifndef FLEET_BASE_ERROR_H
#define FLEET_BASE_ERROR_H

/* A code exists only if a caller or an operator does something different. */
enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE,	   /* the command line is wrong: exit 64 */
	ERROR_MIGRATION,   /* the migrations are wrong or absent: exit 65 */
	ERROR_CONFIG,	   /* the configuration is wrong or unsafe: exit 78 */
	ERROR_LOCKED,	   /* another run holds the fleet: exit 4 */
	ERROR_HELD,	   /* stopped on purpose: exit 6 */
	ERROR_NOSPACE,	   /* the disk is full, or would be */
	ERROR_IO,	   /* folder, disk or state failed: exit 74 */
	ERROR_MISSING,	   /* a file that was expected is not there */
	ERROR_BUSY,	   /* an application holds the lock: try again later */
	ERROR_SKIPPED,	   /* no database (empty, a folder, a link, vanished) */
	ERROR_CORRUPT,	   /* SQLite cannot read the file */
	ERROR_NEWER,	   /* the database is newer than every migration */
	ERROR_UNVERSIONED, /* the version cannot be told from the evidence */
	ERROR_SQL,	   /* a statement failed */
	ERROR_CHECK,	   /* a check after the steps failed; rolled back */
	ERROR_WRITTEN,	   /* written since: a restore would lose rows */
	ERROR_STOPPED,	   /* a second signal asked to undo at once */
	ERROR_BUG,	   /* a defect of the program: exit 70 */
};

#define ERROR_MESSAGE_BYTES 1024

struct error {
	enum error_code code; /* ERROR_NONE: no error is set */
	int sqlite_code;      /* SQLite's extended result code, 0 if none */
	char message[ERROR_MESSAGE_BYTES]; /* cut off with "..." if longer */
};

/* Sets code and text, replacing what was there. Returns `code`. `err` may be
 * NULL where the caller only wants the code. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set() with ": " and strerror(errnum) behind the text; ENOSPC and
 * EDQUOT become ERROR_NOSPACE, whatever `code` says. Returns the code set. */
int error_set_errno(struct error *err, enum error_code code, int errnum,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Neither returns 0, which an analyzer does not see that looks at one file at a
 * time: it would follow each failure into the code behind it. */
#ifdef __clang_analyzer__
#define error_set(err, code, ...) \
	(error_set(err, code, __VA_ARGS__), (int)(code))
#define error_set_errno(err, code, errnum, ...) \
	(error_set_errno(err, code, errnum, __VA_ARGS__), (int)(code))
#endif

/* Puts "text: " before the message; the code stays. Returns the code. */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "; text" behind the message; the code stays. Returns the code. */
int error_append(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The code's name for programs, upper case without the prefix: "BUSY".
 * Static storage. */
const char *error_code_name(enum error_code code);

#endif
