#include "migration/namesake.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/version.h"

#define DIGITS "0123456789"

/* How the newest file lies, by the end of its path; "%s" is the folder and the
 * name up to there. The first that fits counts. */
static const struct shape {
	const char *suffix;
	bool is_folder; /* the number stands in the name of a folder */
	const char *down; /* instead of the suffix; NULL: no file of its own */
} shapes[] = {
	{ "/up.sql", true, "/down.sql" },
	{ "/migration.sql", true, NULL },
	{ ".up.sql", false, ".down.sql" },
	{ ".sql", false, NULL },
};

#define PLANNED "-- fleet-upgrade: planned\n"
#define ADVICE                                                     \
	"-- Write the SQL of this step here, without BEGIN and\n" \
	"-- COMMIT. It is listed and not run while its first\n"   \
	"-- line says planned: take that line out when it is\n"   \
	"-- ready.\n"
#define ADVICE_LINES 4

/* What a file says, by the format of the others; the last row is for those
 * that have no marks. */
static const struct manner {
	const char *format;
	const char *up, *down; /* marks; "" for none */
} manners[] = {
	{ "dbmate", "-- migrate:up\n", "\n-- migrate:down\n" },
	{ "goose", "-- +goose Up\n", "\n-- +goose Down\n" },
	{ "sql-migrate", "-- +migrate Up\n", "\n-- +migrate Down\n" },
	{ NULL, "", "" },
};

/* How numbers that are times are written. */
static const struct time_form {
	size_t bytes;
	const char *form;
} time_forms[] = {
	{ 8, "%Y%m%d" },
	{ 12, "%Y%m%d%H%M" },
	{ 14, "%Y%m%d%H%M%S" },
	{ 10, "%Y-%m-%d" },
	{ 15, "%Y-%m-%d-%H%M" },
	{ 17, "%Y-%m-%d-%H%M%S" },
	{ 10, "%s" },
};

/* The parts of the newest one's path. */
struct model {
	const struct shape *shape;
	char *folder;	/* with "/" at its end, or "" */
	char *number;
	char *joint;	/* between number and words: "_", "__", "-" */
	char blank;	/* between words */
};

static void model_release(struct model *model)
{
	free(model->folder);
	free(model->number);
	free(model->joint);
}

/* How many bytes of the name are its number: digits, or a date with dashes. */
static size_t number_bytes(const char *name)
{
	static const char *const dates[] = { "9999-99-99-999999",
					     "9999-99-99-9999", "9999-99-99" };
	size_t digits = strspn(name, DIGITS), i, at;

	for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		const char *date = dates[i];

		for (at = 0; date[at]; at++)
			if (date[at] == '9' ? !name[at] || !strchr(DIGITS,
								   name[at])
					    : name[at] != date[at])
				break;
		if (!date[at])
			return at;
	}
	return digits;
}

static const struct shape *shape_of(const char *path)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (text_ends_with(path, shapes[i].suffix))
			return &shapes[i];
	return NULL;
}

static int read_model(const char *path, struct model *out, struct error *err)
{
	const struct shape *shape = shape_of(path);
	const char *name, *words;
	char *stem;
	size_t digits;

	if (!shape)
		return error_set(err, ERROR_MIGRATION, "%s: the newest "
				 "migration is no .sql file, so that the next "
				 "cannot be made like it; nothing was written",
				 path);
	stem = xstrndup(path, strlen(path) - strlen(shape->suffix));
	name = strrchr(stem, '/') ? strrchr(stem, '/') + 1 : stem;
	digits = number_bytes(name);
	words = name + digits;
	out->shape = shape;
	out->folder = xstrndup(stem, (size_t)(name - stem));
	out->number = xstrndup(name, digits);
	out->joint = xstrndup(words, strspn(words, "_-."));
	words += strlen(out->joint);
	out->blank = strchr(words, '-') && !strchr(words, '_') ? '-' : '_';
	if (!strpbrk(words, "_-") && out->joint[0] == '-')
		out->blank = '-';
	free(stem);
	return digits ? 0 : error_set(err, ERROR_MIGRATION, "%s: the newest "
				      "migration has no number, so that there "
				      "is no next one; nothing was written",
				      path);
}

/* True if it can be the time of a migration: no earlier than SQLite. */
static bool is_date(const char *number)
{
	char *plain = xstrdup(number), *to = plain;
	int year = 0, month = 0, day = 0;
	bool is_fine;

	for (; *number; number++)
		if (*number != '-')
			*to++ = *number;
	*to = '\0';
	is_fine = strlen(plain) >= 8 &&
		  sscanf(plain, "%4d%2d%2d", &year, &month, &day) == 3 &&
		  year >= 2000 && year < 2200 && month >= 1 && month <= 12 &&
		  day >= 1 && day <= 31;
	free(plain);
	return is_fine;
}

/* The time now, in the form of that number; false if it is no time. */
static bool write_now(const char *number, int64_t now_s, char *out,
		      size_t room)
{
	bool has_dash = strchr(number, '-') != NULL;
	time_t seconds = (time_t)now_s;
	struct tm now;

	if (!gmtime_r(&seconds, &now))
		return false;
	for (size_t i = 0; i < sizeof(time_forms) / sizeof(*time_forms); i++) {
		const struct time_form *form = &time_forms[i];
		bool is_epoch = strcmp(form->form, "%s") == 0;

		if (strlen(number) != form->bytes ||
		    has_dash != (strchr(form->form, '-') != NULL))
			continue;
		/* Ten digits that begin with 1: since 2001, until 2033. */
		if (is_epoch ? number[0] != '1' : !is_date(number))
			continue;
		if (is_epoch)
			return snprintf(out, room, "%lld", (long long)now_s) >
			       0;
		return strftime(out, room, form->form, &now) > 0;
	}
	return false;
}

static int choose_number(const struct model *model, const char *wanted,
			 int64_t now_s, char **out, struct error *err)
{
	char next[VERSION_BYTES];

	if (wanted && (wanted[0] == '\0' || number_bytes(wanted) !=
						   strlen(wanted)))
		return error_set(err, ERROR_USAGE, "--to %s: a migration of "
				 "this folder has a number, like the newest "
				 "one, %s", wanted, model->number);
	if (wanted && version_compare(wanted, model->number) <= 0)
		return error_set(err, ERROR_USAGE, "--to %s: the newest "
				 "migration is %s, and numbers only rise",
				 wanted, model->number);
	if (wanted) {
		size_t width = strlen(model->number), bytes = strlen(wanted);

		*out = xmalloc((width > bytes ? width : bytes) + 1);
		memset(*out, '0', width);
		strcpy(*out + (width > bytes ? width - bytes : 0), wanted);
		return 0;
	}
	if (!(write_now(model->number, now_s, next, sizeof(next)) &&
	      version_compare(next, model->number) > 0) &&
	    !version_next(model->number, next))
		return error_set(err, ERROR_MIGRATION, "there is no number "
				 "after %s; nothing was written",
				 model->number);
	*out = xstrdup(next);
	return 0;
}

/* Words as they stand in file names: small letters, digits, and what is beyond
 * ASCII; the rest parts words. */
static char *slug_of(const char *words, char blank)
{
	char *slug = xmalloc(strlen(words) + 1), *to = slug;

	for (; *words; words++) {
		char c = *words;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (unsigned char)c >= 0x80)
			*to++ = c;
		else if (to > slug && to[-1] != blank)
			*to++ = blank;
	}
	while (to > slug && to[-1] == blank)
		to--;
	*to = '\0';
	return slug;
}

static void write_files(const struct model *model, const struct manner *manner,
			const char *stem, const char *head,
			struct namesake *out)
{
	struct namesake_file *up = &out->files[0], *down = &out->files[1];

	up->path = xasprintf("%s%s", stem, model->shape->suffix);
	up->text = xasprintf("%s" PLANNED "%s" ADVICE "%s%s", manner->up, head,
			     manner->down, manner->down[0]
				     ? "-- And here how it is taken back.\n"
				     : "");
	up->line = (manner->up[0] != '\0') + 1 + 1 + ADVICE_LINES + 1;
	if (!model->shape->down)
		return;
	down->path = xasprintf("%s%s", stem, model->shape->down);
	down->text = xasprintf("%s-- Write here how it is taken back.\n",
			       head);
	down->line = 2;
}

int namesake_make(const char *newest, const char *format, const char *words,
		  const char *number, int64_t now_s, struct namesake *out,
		  struct error *err)
{
	const struct manner *manner = manners;
	struct model model = { 0 };
	char *slug = NULL, *stem, *head;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = read_model(newest, &model, err);
	if (rc == 0)
		slug = slug_of(words, model.blank);
	if (rc == 0 && slug[0] == '\0')
		rc = error_set(err, ERROR_USAGE, "\"%s\" has no letter and no "
			       "digit that could stand in the name of a file",
			       words);
	if (rc == 0)
		rc = choose_number(&model, number, now_s, &out->number, err);
	if (rc == 0) {
		while (manner->format && strcmp(manner->format, format) != 0)
			manner++;
		stem = xasprintf("%s%s%s%s", model.folder, out->number,
				 model.joint[0] ? model.joint : "_", slug);
		head = xasprintf("-- Migration %s: %s\n", out->number, words);
		if (model.shape->is_folder)
			out->folder = xstrdup(stem);
		write_files(&model, manner, stem, head, out);
		free(head);
		free(stem);
	}
	free(slug);
	model_release(&model);
	return rc;
}

void namesake_release(struct namesake *namesake)
{
	for (size_t i = 0; i < NAMESAKE_FILES; i++) {
		free(namesake->files[i].path);
		free(namesake->files[i].text);
	}
	free(namesake->folder);
	free(namesake->number);
	memset(namesake, 0, sizeof(*namesake));
}
