#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/option.h"

/* What getopt_long() gives for row i; above every letter. */
#define ROW_VALUE 256

#define HELP_HINT "'fleet-upgrade --help' shows what there is"

/* The two forms in which getopt wants to know the table. */
struct spec {
	struct option *longs;
	char *letters;
};

static void spec_init(struct spec *spec)
{
	size_t at = 0;

	spec->longs = xcalloc(option_row_count + 1, sizeof(*spec->longs));
	spec->letters = xcalloc(2 * option_row_count + 2, 1);
	/* The colon makes getopt tell a missing argument from an option that
	 * does not exist, and leaves the message to us. */
	spec->letters[at++] = ':';
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		spec->longs[i].name = row->name;
		spec->longs[i].has_arg = row->argument ? required_argument
						       : no_argument;
		spec->longs[i].val = ROW_VALUE + (int)i;
		if (!row->letter)
			continue;
		spec->letters[at++] = row->letter;
		if (row->argument)
			spec->letters[at++] = ':';
	}
}

static void spec_release(struct spec *spec)
{
	free(spec->longs);
	free(spec->letters);
}

static const struct option_row *row_of(int value)
{
	if (value >= ROW_VALUE)
		return &option_rows[value - ROW_VALUE];
	for (size_t i = 0; i < option_row_count; i++)
		if (value != 0 && option_rows[i].letter == value)
			return &option_rows[i];
	return NULL;
}

/* Takes over `key`. */
static void add_setting(struct options *options, char *key, const char *value,
			const char *option)
{
	options->settings = array_grow(options->settings,
				       options->setting_count,
				       &options->setting_capacity,
				       sizeof(*options->settings));
	options->settings[options->setting_count++] = (struct setting){
		.key = key, .value = value, .option = option,
	};
}

/* --set SECTION.KEY=VALUE. The name is not looked at here: the table of keys
 * does that, and names the option in its message. */
static int add_assignment(struct options *options, const char *text,
			  struct error *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return error_set(err, ERROR_USAGE, "--set %s: write "
				 "--set SECTION.KEY=VALUE", text);
	add_setting(options, xstrndup(text, (size_t)(equals - text)),
		    equals + 1, "set");
	return 0;
}

static int take(struct options *options, const struct option_row *row,
		const char *argument, struct error *err)
{
	void *field = (char *)options + row->offset;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_TEXT:
		if (*(const char **)field)
			return error_set(err, ERROR_USAGE,
					 "--%s is given twice", row->name);
		*(const char **)field = argument;
		return 0;
	case OPTION_KEY:
		add_setting(options, xstrdup(row->key), argument, row->name);
		return 0;
	case OPTION_ASSIGNMENT:
		return add_assignment(options, argument, err);
	}
	return error_set(err, ERROR_BUG, "--%s has no type", row->name);
}

/* What getopt could make nothing of; `value` is what it returned. */
static int refuse(int value, char *const *argv, struct error *err)
{
	const struct option_row *row = row_of(optopt);

	if (row && value == ':')
		return error_set(err, ERROR_USAGE, "--%s needs an argument: "
				 "--%s %s", row->name, row->name,
				 row->argument);
	if (row)
		return error_set(err, ERROR_USAGE,
				 "--%s takes no argument", row->name);
	if (optopt)
		return error_set(err, ERROR_USAGE, "unknown option '-%c'; "
				 HELP_HINT, optopt);
	return error_set(err, ERROR_USAGE, "unknown or ambiguous option '%s'; "
			 HELP_HINT, argv[optind - 1]);
}

/* Which rows were used, so that they can be held against the command, which
 * may stand behind them. */
static int parse_all(int argc, char **argv, struct options *options,
		     bool *used, struct error *err)
{
	struct spec spec;
	int value, rc = 0;

	spec_init(&spec);
	optind = 0; /* GNU's way to begin anew: tests parse more than once */
	opterr = 0;
	while (rc == 0 && (value = getopt_long(argc, argv, spec.letters,
					       spec.longs, NULL)) != -1) {
		const struct option_row *row = row_of(value);

		if (value == '?' || value == ':' || !row) {
			rc = refuse(value, argv, err);
			break;
		}
		used[row - option_rows] = true;
		rc = take(options, row, optarg, err);
	}
	spec_release(&spec);
	return rc;
}

static int check_command(const struct options *options, const bool *used,
			 struct error *err)
{
	unsigned bit = 1u << command_id(options->command);

	if (options->quiet && options->verbose)
		return error_set(err, ERROR_USAGE, "--quiet and --verbose "
				 "exclude each other");
	for (size_t i = 0; i < option_row_count; i++)
		if (used[i] && !(option_rows[i].commands & bit))
			return error_set(err, ERROR_USAGE,
					 "--%s makes no sense for %s; "
					 "'fleet-upgrade %s --help' shows what "
					 "does", option_rows[i].name,
					 options->command->name,
					 options->command->name);
	if (options->word_count && !options->command->words)
		return error_set(err, ERROR_USAGE, "%s takes no '%s'",
				 options->command->name, options->words[0]);
	return 0;
}

int options_parse(int argc, char **argv, struct options *out, struct error *err)
{
	bool *used = xcalloc(option_row_count, sizeof(*used));
	size_t name_words;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = parse_all(argc, argv, out, used, err);
	if (rc)
		goto out;
	out->words = argv + optind;
	out->word_count = (size_t)(argc - optind);
	rc = command_find(out->words, out->word_count, &out->command,
			  &name_words, err);
	if (rc)
		goto out;
	out->is_named = name_words > 0;
	out->words += name_words;
	out->word_count -= name_words;
	if (!out->help && !out->version)
		rc = check_command(out, used, err);
out:
	free(used);
	if (rc)
		options_release(out);
	return rc;
}

void options_release(struct options *options)
{
	for (size_t i = 0; i < options->setting_count; i++)
		free(options->settings[i].key);
	free(options->settings);
	memset(options, 0, sizeof(*options));
}

int options_kind(const struct options *options, enum kind fallback,
		 enum kind *out, struct error *err)
{
	*out = fallback;
	if (!options->kind || kind_find(options->kind, out))
		return 0;
	return error_set(err, ERROR_USAGE, "--kind %s: there are system and "
			 "user databases: --kind system or --kind user",
			 options->kind);
}

static void print_quoted(FILE *out, const char *word)
{
	char *quoted = text_quote(word);

	fputs(quoted, out);
	free(quoted);
}

/* What says which fleet it is and which migrations, not how to run. */
static bool names_fleet(const struct setting *setting)
{
	return text_starts_with(setting->key, "fleet.") ||
	       (text_starts_with(setting->key, "migrations.") &&
		strcmp(setting->key, "migrations.target") != 0);
}

/* The bit of the command that `words` begin with. */
static unsigned bit_of(const char *words)
{
	size_t length = strcspn(words, " "), i = 0;

	while (i < COMMAND_COUNT &&
	       (strncmp(commands[i].name, words, length) != 0 ||
		commands[i].name[length] != '\0'))
		i++;
	return 1u << i;
}

/* True if the command takes the option, and does not have it already. */
static bool is_missing(const struct option_row *row, const char *words)
{
	char *padded = xasprintf("%s ", words);
	char *option = xasprintf(" --%s ", row->name);
	bool is_there = strstr(padded, option) != NULL;

	free(option);
	free(padded);
	return !is_there && row->commands & bit_of(words);
}

static void print_row(FILE *out, const struct options *options,
		      const struct option_row *row)
{
	const void *field = (const char *)options + row->offset;

	if (row->type == OPTION_FLAG && *(const bool *)field)
		fprintf(out, " --%s", row->name);
	if (row->type == OPTION_TEXT && *(const char *const *)field) {
		fprintf(out, " --%s ", row->name);
		print_quoted(out, *(const char *const *)field);
	}
}

static void print_setting(FILE *out, const struct setting *setting)
{
	if (strcmp(setting->option, "set") == 0)
		fprintf(out, " --set %s=", setting->key);
	else
		fprintf(out, " --%s ", setting->option);
	print_quoted(out, setting->value);
}

static const struct option_row *row_named(const char *name)
{
	size_t i = 0;

	while (strcmp(option_rows[i].name, name) != 0)
		i++;
	return &option_rows[i];
}

static void print_part(FILE *out, const struct options *options,
		       enum option_part part, const char *words)
{
	bool is_fleet = part == PART_FLEET;

	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (row->part == part && (is_fleet || is_missing(row, words)))
			print_row(out, options, row);
	}
	for (size_t i = 0; i < options->setting_count; i++) {
		const struct setting *setting = &options->settings[i];

		if (names_fleet(setting) == is_fleet &&
		    (is_fleet || is_missing(row_named(setting->option), words)))
			print_setting(out, setting);
	}
}

static void print_users(FILE *out, char *const *users, size_t count)
{
	bool has_dash = false;

	for (size_t i = 0; i < count; i++)
		has_dash |= users[i][0] == '-';
	fputs(has_dash ? " --" : "", out);
	for (size_t i = 0; i < count; i++) {
		fputc(' ', out);
		print_quoted(out, users[i]);
	}
}

char *options_compose(const void *given, const char *words,
		      enum call_about about, const char *user)
{
	const struct options *options = given;
	char *const one[] = { (char *)user };
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return xasprintf("fleet-upgrade %s", words);
	fputs("fleet-upgrade", out);
	print_part(out, options, PART_FLEET, words);
	fprintf(out, "%s%s", *words ? " " : "", words);
	if (about == CALL_GIVEN) {
		print_part(out, options, PART_GIVEN, words);
		print_users(out, options->words, options->word_count);
	} else if (about == CALL_USER && user) {
		print_users(out, one, 1);
	}
	fclose(out);
	return text;
}

char *options_again(const struct options *options)
{
	return options_compose(options, "", CALL_FLEET, NULL);
}

bool options_say(const struct options *options, const char *key)
{
	for (size_t i = 0; i < options->setting_count; i++)
		if (strcmp(options->settings[i].key, key) == 0)
			return true;
	return false;
}
