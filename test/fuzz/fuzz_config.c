/*
 * Any text as a configuration: it is refused with its line, or means what it
 * says: written out again, value by value, it means the same.
 *
 * Input: the file.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pattern.h"
#include "base/text.h"
#include "cli/config.h"
#include "report/json.h"

#define NAME "f.ini"

static void begin(struct config *config)
{
	static char *const no_environment[] = { NULL };
	const struct options options = { .config_file = "/dev/null" };
	struct error err = { 0 };

	fuzz_claim(config_read(&options, no_environment, config, &err) == 0,
		   "the defaults are good");
}

static int read_text(struct config *config, const char *text, size_t bytes,
		     struct error *err)
{
	/* fmemopen() takes no empty text. */
	FILE *stream = bytes > 0 ? fmemopen((void *)(uintptr_t)text, bytes, "r")
				 : fopen("/dev/null", "re");
	int rc;

	fuzz_claim(stream != NULL, "a text can be read as a file");
	rc = config_read_stream(config, stream, NAME, err);
	fclose(stream);
	return rc;
}

static void check_error(int rc, const struct error *err)
{
	fuzz_claim(rc == (int)err->code && rc == ERROR_CONFIG,
		   "a bad configuration is just that");
	fuzz_claim(text_starts_with(err->message, NAME ":") &&
			   atoi(err->message + strlen(NAME ":")) > 0,
		   "its line is named");
}

static bool is_of_file(const struct config *config, int key)
{
	return config->values[key].origin == ORIGIN_FILE;
}

static char *write_out(const struct config *config, size_t *bytes)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, bytes);

	for (int key = 0; key < KEY_COUNT; key++)
		if (is_of_file(config, key))
			fprintf(out, "[%s]\n%s=%s\n", key_rows[key].section,
				key_rows[key].name, config->values[key].text);
	fclose(out);
	return text;
}

static void check_again(const struct config *config)
{
	struct error err = { 0 };
	struct config again;
	size_t bytes = 0;
	char *text = write_out(config, &bytes);

	begin(&again);
	fuzz_claim(read_text(&again, text, bytes, &err) == 0,
		   "what was read can be read again");
	for (int key = 0; key < KEY_COUNT; key++)
		fuzz_claim(is_of_file(config, key) == is_of_file(&again, key) &&
				   (!is_of_file(config, key) ||
				    strcmp(config->values[key].text,
					   again.values[key].text) == 0),
			   "it means the same again");
	config_release(&again);
	free(text);
}

static void check_values(const struct config *config)
{
	struct fuzz_page page;

	fuzz_claim(config->jobs >= 0 && config->retries >= 0 &&
			   config->busy_timeout_ms >= 0 &&
			   config->lock_wait_ms >= 0 && config->keep >= 0 &&
			   config->max_age_ms >= 0 &&
			   config->min_free.percent <= 100,
		   "no amount is out of its range");
	fuzz_page_open(&page);
	for (int key = 0; key < KEY_COUNT; key++)
		json_print_setting(page.out, key_rows[key].name,
				   config->values[key].text,
				   config->values[key].where);
	fuzz_page_close_json(&page);
	(void)pattern_matches(config->user_db, "a/b_longterm.db", NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct error err = { 0 };
	struct config config;
	int rc;

	begin(&config);
	rc = read_text(&config, (const char *)data, bytes, &err);
	if (rc != 0) {
		check_error(rc, &err);
	} else {
		check_values(&config);
		check_again(&config);
	}
	config_release(&config);
	return 0;
}
