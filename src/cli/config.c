#include "cli/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/pattern.h"
#include "base/text.h"
#include "base/trust.h"
#include "cli/inifile.h"

#define PREFIX "FLEET_UPGRADE_"
#define FILE_VARIABLE PREFIX "CONFIG"

/* Sets one key from one layer. Takes over `where`. */
static int set(struct config *config, enum key key, enum origin origin,
	       const char *text, char *where, struct error *err)
{
	const struct key_row *row = &key_rows[key];
	struct config_value *value = &config->values[key];
	int rc;

	if (origin == ORIGIN_FILE && row->type->is_path && text[0] != '/')
		rc = error_set(err, ERROR_CONFIG, "\"%s\" is relative; write "
			       "a path that begins with /", text);
	else
		rc = row->type->parse(row, text,
				      (char *)config + row->offset, err);
	if (rc) {
		error_prefix(err, "%s.%s", row->section, row->name);
		free(where);
		return rc;
	}
	free(value->text);
	free(value->where);
	*value = (struct config_value){ xstrdup(text), origin, where };
	return 0;
}

static int set_standards(struct config *config, struct error *err)
{
	int rc = 0;

	for (int key = 0; key < KEY_COUNT && rc == 0; key++) {
		if (key_rows[key].standard)
			rc = set(config, (enum key)key, ORIGIN_DEFAULT,
				 key_rows[key].standard, xstrdup("default"),
				 err);
		else
			config->values[key].where = xstrdup("not set");
	}
	return rc ? error_prefix(err, "built-in default") : 0;
}

/* ---- the file ---- */

/* Where it is asked for, the file in force is perhaps the one that is wrong. */
#define ALL_KEYS "'fleet-upgrade --config /dev/null config' lists all keys"

struct file_layer {
	struct config *config;
	const char *path;
	int lines[KEY_COUNT]; /* where each key was met; 0: not yet */
};

static int unknown_key(const char *section, const char *name, struct error *err)
{
	if (!*section)
		return error_set(err, ERROR_CONFIG, "key \"%s\" stands above "
				 "the first [section]", name);
	if (!key_is_section(section))
		return error_set(err, ERROR_CONFIG, "unknown section [%s]; "
				 ALL_KEYS, section);
	return error_set(err, ERROR_CONFIG, "unknown key \"%s\" in [%s]; "
			 ALL_KEYS, name, section);
}

static int take_line(void *self, int line, const char *section,
		     const char *name, const char *value, struct error *err)
{
	struct file_layer *layer = self;
	enum key key = key_find(section, name);

	if (key == KEY_COUNT)
		return unknown_key(section, name, err);
	if (layer->lines[key])
		return error_set(err, ERROR_CONFIG, "%s.%s is set on line %d "
				 "already; remove one of the two", section,
				 name, layer->lines[key]);
	layer->lines[key] = line;
	return set(layer->config, key, ORIGIN_FILE, value,
		   xasprintf("file %s:%d", layer->path, line), err);
}

int config_read_stream(struct config *config, FILE *stream, const char *path,
		       struct error *err)
{
	struct file_layer layer = { .config = config, .path = path };

	return inifile_read(stream, path, take_line, &layer, err);
}

/* No configuration at all, which nobody can change. */
static bool is_null_device(const struct stat *seen)
{
	struct stat null;

	return S_ISCHR(seen->st_mode) && stat("/dev/null", &null) == 0 &&
	       seen->st_rdev == null.st_rdev;
}

/* Where root reads it, whoever may put another file in its place could make
 * root run their SQL. */
static int check_safe(int fd, const char *path, struct error *err)
{
	uid_t caller = getuid();
	struct stat seen;
	int rc;

	if (fstat(fd, &seen) != 0)
		return error_set_errno(err, ERROR_CONFIG, errno, "%s", path);
	if (is_null_device(&seen))
		return 0;
	if (!S_ISREG(seen.st_mode))
		return error_set(err, ERROR_CONFIG, "%s is no regular file; "
				 "name one, or /dev/null for none", path);
	if (geteuid() != 0)
		return 0;
	rc = trust_path(path, &caller, err);
	if (rc == 0)
		return 0;
	err->code = ERROR_CONFIG;
	return error_prefix(err, "the configuration");
}

static int read_file(struct config *config, const char *path, bool may_miss,
		     struct error *err)
{
	/* A pipe would be waited for. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *stream;
	int rc;

	if (fd < 0 && errno == ENOENT && may_miss)
		return 0;
	if (fd < 0)
		return error_set_errno(err, ERROR_CONFIG, errno,
				       "configuration %s", path);
	rc = check_safe(fd, path, err);
	if (rc) {
		close(fd);
		return rc;
	}
	stream = fdopen(fd, "r");
	if (!stream) {
		rc = error_set_errno(err, ERROR_IO, errno, "%s", path);
		close(fd);
		return rc;
	}
	rc = config_read_stream(config, stream, path, err);
	fclose(stream);
	return rc;
}

/* ---- the environment ---- */

/* "FLEET_UPGRADE_RUN_JOBS" for run.jobs; the caller frees it. */
static char *variable_of(const struct key_row *row)
{
	char *name = xasprintf(PREFIX "%s_%s", row->section, row->name);

	for (char *at = name; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return name;
}

/* True if `name` looks like a key's variable, whatever the key is. */
static bool names_section(const char *name)
{
	bool found = false;

	for (int key = 0; key < KEY_COUNT && !found; key++) {
		struct key_row section = { .section = key_rows[key].section,
					   .name = "" };
		char *start = variable_of(&section);

		found = text_starts_with(name, start);
		free(start);
	}
	return found;
}

static int take_variable(struct config *config, const char *name,
			 const char *value, struct error *err)
{
	for (int key = 0; key < KEY_COUNT; key++) {
		char *variable = variable_of(&key_rows[key]);
		bool is_it = strcmp(variable, name) == 0;

		free(variable);
		if (is_it)
			return set(config, (enum key)key, ORIGIN_ENVIRONMENT,
				   value, xasprintf("environment %s", name),
				   err);
	}
	if (names_section(name))
		return error_set(err, ERROR_CONFIG, "there is no such key; "
				 "fleet-upgrade.ini(5) lists all keys");
	return 0;
}

static int read_environment(struct config *config, char *const *environment,
			    struct error *err)
{
	int rc = 0;

	for (; *environment && rc == 0; environment++) {
		const char *equals = strchr(*environment, '=');
		char *name;

		if (!equals || !text_starts_with(*environment, PREFIX))
			continue;
		name = xstrndup(*environment, (size_t)(equals - *environment));
		rc = take_variable(config, name, equals + 1, err);
		if (rc)
			error_prefix(err, "environment %s", name);
		free(name);
	}
	return rc;
}

static const char *find_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 &&
		    (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* ---- the command line ---- */

static int take_setting(struct config *config, const struct setting *setting,
			struct error *err)
{
	const char *dot = strchr(setting->key, '.');
	char *section = xstrndup(setting->key, dot ? (size_t)
				 (dot - setting->key) : 0);
	enum key key = dot ? key_find(section, dot + 1) : KEY_COUNT;
	int rc;

	if (key == KEY_COUNT)
		rc = error_set(err, ERROR_CONFIG, "there is no key \"%s\"; "
			       ALL_KEYS, setting->key);
	else
		rc = set(config, key, ORIGIN_COMMAND_LINE, setting->value,
			 xstrdup("command line"), err);
	free(section);
	if (rc == 0)
		return 0;
	error_prefix(err, "--%s", setting->option);
	/* What is wrong here is the command line, not the configuration. */
	err->code = ERROR_USAGE;
	return ERROR_USAGE;
}

static int read_settings(struct config *config, const struct options *options,
			 struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < options->setting_count && rc == 0; i++)
		rc = take_setting(config, &options->settings[i], err);
	return rc;
}

/* ---- all of them ---- */

static void unset(struct config *config, enum key key)
{
	char **field = (char **)((char *)config + key_rows[key].offset);
	struct config_value *value = &config->values[key];

	free(*field);
	*field = NULL;
	free(value->text);
	free(value->where);
	*value = (struct config_value){ .where = xstrdup("not set") };
}

/* Migrations for both kinds in one place, or in one for each: the layer that
 * was set last says which. */
static int choose_migrations(struct config *config, struct error *err)
{
	const struct config_value *both = &config->values[KEY_MIGRATIONS_PATH];
	const struct config_value *system =
		&config->values[KEY_MIGRATIONS_SYSTEM];
	const struct config_value *user = &config->values[KEY_MIGRATIONS_USER];
	enum origin single = system->origin > user->origin ? system->origin
							   : user->origin;

	if (single > both->origin) {
		unset(config, KEY_MIGRATIONS_PATH);
		return 0;
	}
	if (single == both->origin && single != ORIGIN_DEFAULT)
		return error_set(err, ERROR_CONFIG, "%s: migrations.path and "
				 "migrations.%s exclude each other; set "
				 "one of them", both->where,
				 system->origin == single ? "system" : "user");
	unset(config, KEY_MIGRATIONS_SYSTEM);
	unset(config, KEY_MIGRATIONS_USER);
	return 0;
}

int config_read(const struct options *options, char *const *environment,
		struct config *out, struct error *err)
{
	const char *path = options->config_file;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!path)
		path = find_variable(environment, FILE_VARIABLE);
	rc = set_standards(out, err);
	if (rc == 0)
		rc = read_file(out, path ? path : CONFIG_FILE, !path, err);
	if (rc == 0)
		rc = read_environment(out, environment, err);
	if (rc == 0)
		rc = read_settings(out, options, err);
	if (rc == 0)
		rc = choose_migrations(out, err);
	if (rc)
		config_release(out);
	return rc;
}

void config_release(struct config *config)
{
	for (int key = 0; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];

		if (row->type->release)
			row->type->release((char *)config + row->offset);
		free(config->values[key].text);
		free(config->values[key].where);
	}
	memset(config, 0, sizeof(*config));
}

int config_need_data_dir(const struct config *config, struct error *err)
{
	if (config->data_dir)
		return 0;
	return error_set(err, ERROR_CONFIG, "it is not known where the "
			 "databases are; say --data-dir DIR, or set data_dir "
			 "under [fleet] in " CONFIG_FILE);
}
