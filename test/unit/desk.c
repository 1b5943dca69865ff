#include "desk.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/exit_status.h"

#define MOST_WORDS 64

/* Standard output and standard error, on their way to files. */
struct capture {
	FILE *files[2];
	int kept[2];
};

static void capture_begin(struct capture *capture)
{
	FILE *streams[] = { stdout, stderr };

	for (int i = 0; i < 2; i++) {
		capture->files[i] = tmpfile();
		assert_non_null(capture->files[i]);
		fflush(streams[i]);
		capture->kept[i] = dup(fileno(streams[i]));
		dup2(fileno(capture->files[i]), fileno(streams[i]));
	}
}

static void capture_end(struct capture *capture, char **texts[2])
{
	FILE *streams[] = { stdout, stderr };

	for (int i = 0; i < 2; i++) {
		long bytes;

		fflush(streams[i]);
		dup2(capture->kept[i], fileno(streams[i]));
		close(capture->kept[i]);
		fseek(capture->files[i], 0, SEEK_END);
		bytes = ftell(capture->files[i]);
		rewind(capture->files[i]);
		free(*texts[i]);
		*texts[i] = xcalloc((size_t)bytes + 1, 1);
		assert_int_equal(fread(*texts[i], 1, (size_t)bytes,
				       capture->files[i]), bytes);
		fclose(capture->files[i]);
	}
}

void desk_release(struct desk *desk, const char *markdown)
{
	FILE *file = fopen(desk->history, "w");

	assert_non_null(file);
	fputs(markdown, file);
	assert_int_equal(fclose(file), 0);
}

int desk_setup(void **state)
{
	struct desk *desk = xcalloc(1, sizeof(*desk));
	void *shop = NULL;

	if (workshop_setup(&shop) != 0)
		return -1;
	desk->shop = shop;
	desk->reserve = "0%";
	desk->history = xasprintf("%s/history.md", desk->shop->root);
	desk_release(desk, workshop_history);
	*state = desk;
	return 0;
}

int desk_teardown(void **state)
{
	struct desk *desk = *state;
	void *shop = desk->shop;
	int rc = workshop_teardown(&shop);

	free(desk->history);
	free(desk->out);
	free(desk->bad);
	free(desk);
	return rc;
}

/* The words of `line`, then those that name the fleet; the last one is NULL. */
static char **words_of(const struct desk *desk, const char *line)
{
	char *all = xasprintf("fleet-upgrade %s -d %s -m %s "
			      "--set fleet.user_db={username}.db "
			      "--set fleet.system_db= "
			      "--set backup.min_free=%s -c /dev/null", line,
			      desk->shop->data, desk->history, desk->reserve);
	char **words = xcalloc(MOST_WORDS, sizeof(*words)), *rest;
	size_t count = 0;

	for (char *word = strtok_r(all, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(count < MOST_WORDS - 1);
		words[count++] = xstrdup(word);
	}
	free(all);
	return words;
}

/* getopt puts the words in another order, and none is lost. */
static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

int desk_open(struct desk *desk, const char *line)
{
	char *environment[] = { NULL };
	struct config config;
	int argc = 0, rc;

	memset(&desk->error, 0, sizeof(desk->error));
	memset(&desk->session, 0, sizeof(desk->session));
	desk->session.data_dir = -1;
	desk->session.state.folder = -1;
	desk->session.state.backups = -1;
	desk->session.state.staging = -1;
	desk->session.lock.fd = -1;
	desk->session.roster.fd = -1;
	desk->argv = words_of(desk, line);
	while (desk->argv[argc])
		argc++;
	rc = options_parse(argc, desk->argv, &desk->options, &desk->error);
	if (rc == 0 && desk->options.command->check)
		rc = desk->options.command->check(&desk->options,
						  &desk->error);
	if (rc == 0)
		rc = config_read(&desk->options, environment, &config,
				 &desk->error);
	if (rc == 0)
		rc = session_open(&desk->session, &desk->options, &config,
				  &desk->error);
	if (rc)
		assert_int_equal(rc, desk->error.code);
	else /* whoever got over an error may have left it */
		memset(&desk->error, 0, sizeof(desk->error));
	return rc;
}

void desk_close(struct desk *desk)
{
	session_close(&desk->session);
	run_free(desk->session.last_run);
	desk->session.last_run = NULL;
	options_release(&desk->options);
	free_words(desk->argv);
	desk->argv = NULL;
}

int desk_run(struct desk *desk, const char *line)
{
	char **texts[] = { &desk->out, &desk->bad };
	struct capture capture;
	int rc, exit_status = -1;

	capture_begin(&capture);
	rc = desk_open(desk, line);
	if (rc == 0)
		rc = desk->options.command->run(&desk->session, &exit_status,
						&desk->error);
	desk_close(desk);
	capture_end(&capture, texts);
	return rc ? exit_status_of((enum error_code)rc) : exit_status;
}

void desk_expect(struct desk *desk, const char *line, int status)
{
	int given = desk_run(desk, line);

	if (given != status)
		fail_msg("%s: %d and not %d\n%s%s%s", line, given, status,
			 desk->out, desk->bad, desk->error.message);
}

void desk_says(const struct desk *desk, const char *text)
{
	if (!strstr(desk->out, text) && !strstr(desk->error.message, text))
		fail_msg("\"%s\" is not in:\n%s%s", text, desk->out,
			 desk->error.message);
}

void desk_age_backups(const struct desk *desk)
{
	char *folder = xasprintf("%s/.fleet-upgrade/backups", desk->shop->data);
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char *old, *new;

		if (!clock_is_run_id(entry->d_name) ||
		    text_starts_with(entry->d_name, "2020"))
			continue;
		old = xasprintf("%s/%s", folder, entry->d_name);
		new = xasprintf("%s/2020%s", folder, entry->d_name + 4);
		assert_int_equal(rename(old, new), 0);
		free(old);
		free(new);
	}
	closedir(dir);
	free(folder);
}

bool desk_has(const struct desk *desk, const char *name)
{
	char *path = xasprintf("%s/%s", desk->shop->data, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}
