#include "report/catalogue.h"

#include "events.h"
#include "replay/replay.h"
#include "study.h"

static const char history[] =
	"### 1\n**Date**: 2025-12-20\n**Description**: chat | tables\n"
	STUDY_STEP("user:baseline→1",
		   "CREATE TABLE chats(id INTEGER PRIMARY KEY, a, b);"
		   "CREATE INDEX by_a ON chats(a);"
		   "CREATE TRIGGER on_chat AFTER INSERT ON chats"
		   " BEGIN SELECT 1; END;")
	"### 2\n"
	STUDY_STEP("user:1→2",
		   "ALTER TABLE chats ADD COLUMN c;"
		   "CREATE VIRTUAL TABLE words USING fts5(text);"
		   "CREATE VIEW all_chats AS SELECT * FROM chats;"
		   "CREATE TABLE passing(a); DROP TABLE passing;")
	"### 3\n"
	STUDY_STEP("user:2→3",
		   "DROP TRIGGER on_chat; DROP TABLE words;"
		   "DROP VIEW all_chats; DROP INDEX by_a;"
		   "ALTER TABLE chats DROP COLUMN b;"
		   "CREATE INDEX by_a ON chats(a, c);")
	"### 4 (Planned)\n"
	STUDY_STEP("user:3→4", "-- later");

struct table {
	struct scene scene;
	struct migrations *migrations;
	struct replay *replays[KIND_COUNT];
	struct needs *needs;
};

static void table_open(struct table *table, const char *markdown)
{
	scene_open(&table->scene, "list", false);
	table->migrations = study(markdown);
	table->needs = needs_new(table->migrations);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		assert_int_equal(replay_new(&table->migrations->chains[kind],
					    &table->replays[kind], NULL), 0);
}

static void table_close(struct table *table)
{
	needs_free(table->needs);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		replay_free(table->replays[kind]);
	migrations_free(table->migrations);
	scene_close(&table->scene);
}

static const char *print(struct table *table, const struct needs *needs)
{
	catalogue_print(table->scene.out, table->migrations,
			(const struct replay *const *)table->replays, needs);
	return scene_text(&table->scene);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void tell(struct table *table, const char *username,
		 enum outcome outcome, const char *from)
{
	scene_result(&table->scene, username, outcome, from, "");
	scene_database(&table->scene, needs_listener(table->needs));
}

#define HEAD                                                                 \
	"| Version | File | Date | Purpose | Applied | Tables created "      \
	"| Indexes created | Triggers created | Views created "              \
	"| Columns added | Changed or removed |\n"                           \
	"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- " \
	"|\n"

static void test_each_step_says_what_it_makes(void **state)
{
	struct table table;

	(void)state;
	table_open(&table, history);
	assert_string_equal(
		print(&table, NULL),
		"## User databases\n\n" HEAD
		"| `1` | `t.md` | 2025-12-20 | chat &#124; tables "
		"| no fleet known | `chats` | `by_a` | `on_chat` | – | – "
		"| – |\n"
		"| `2` | `t.md` | – | – | no fleet known | `words` | – | – "
		"| `all_chats` | `chats.c` | – |\n"
		"| `3` | `t.md` | – | – | no fleet known | – | – | – | – | – "
		"| index `by_a` changed, `chats.b` removed, "
		"table `words` removed, trigger `on_chat` removed, "
		"view `all_chats` removed |\n"
		"| `4` | `t.md` | – | – | planned | – | – | – | – | – | – |\n");
	table_close(&table);
}

static void test_how_far_each_is_applied_is_counted(void **state)
{
	struct table table;
	const char *text;

	(void)state;
	table_open(&table, history);
	tell(&table, "a", OUTCOME_CURRENT, "3");
	tell(&table, "b", OUTCOME_WOULD_UPGRADE, "2");
	tell(&table, "c", OUTCOME_WOULD_UPGRADE, "1");
	text = print(&table, table.needs);
	has(text, "| yes (3 of 3) | `chats` |");
	has(text, "| partly (2 of 3) | `words` |");
	has(text, "| partly (1 of 3) | – |");
	table_close(&table);
}

/* What nobody could look at is not said to have it. */
static void test_an_unreadable_database_keeps_it_from_yes(void **state)
{
	struct table table;
	const char *text;

	(void)state;
	table_open(&table, history);
	tell(&table, "a", OUTCOME_WOULD_UPGRADE, "1");
	tell(&table, "b", OUTCOME_FAILED, "");
	tell(&table, NULL, OUTCOME_FAILED, "");
	text = print(&table, table.needs);
	has(text, "| partly (1 of 2) | `chats` |");
	has(text, "| no (0 of 2) | `words` |");
	table_close(&table);
}

/* Cells between bars that no backslash stands before; no row has more or
 * less. */
static void expect_cells(const char *text)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t bars = 0;

		assert_non_null(end);
		for (const char *at = text; at < end; at++)
			bars += *at == '|';
		if (text[0] == '|')
			assert_int_equal(bars, 12);
		text = end + 1;
	}
}

static void test_no_name_ends_a_cell_or_a_row(void **state)
{
	struct table table;
	const char *text;

	(void)state;
	table_open(&table,
		   STUDY_STEP("user:baseline→1",
			      "CREATE TABLE \"a|b\"(x, \"c|`d\");"
			      "CREATE TABLE \"e`f\"(x);"
			      "CREATE TABLE \"<b>\\|\"(x);"
			      "CREATE TABLE \"g\nh\"(x);"
			      "CREATE TABLE \" i \"(x);")
		   STUDY_STEP("user:1→2",
			      "ALTER TABLE \"a|b\" ADD COLUMN \"j|k\";"));
	text = print(&table, NULL);
	expect_cells(text);
	has(text, "a&#124;b");
	has(text, "e&#96;f");
	has(text, "&#60;b&#62;&#92;&#92;&#124;");
	has(text, "g&#92;nh");
	has(text, "a&#124;b.j&#124;k");
	table_close(&table);
}

static void test_each_kind_has_a_table(void **state)
{
	struct table table;
	const char *text;

	(void)state;
	table_open(&table,
		   STUDY_STEP("user:baseline→1", "CREATE TABLE u(a);")
		   STUDY_STEP("system:baseline→1", "CREATE TABLE s(a);"));
	text = print(&table, NULL);
	has(text, "## System database\n\n" HEAD "| `1` |");
	has(text, "|\n\n## User databases\n\n" HEAD "| `1` |");
	assert_true(strstr(text, "`s`") < strstr(text, "`u`"));
	table_close(&table);
}

/* Where they lie on this machine says nothing about them. */
static void test_files_are_named_below_their_folder(void **state)
{
	struct table table;
	const char *text;

	(void)state;
	table_open(&table, STUDY_STEP("user:baseline→1", "CREATE TABLE u(a);")
			   STUDY_STEP("user:1→2", "CREATE TABLE v(a);"));
	free(table.migrations->steps[0]->file);
	table.migrations->steps[0]->file = strdup("/srv/m/0001_a/up.sql");
	free(table.migrations->steps[1]->file);
	table.migrations->steps[1]->file = strdup("/srv/m/0002_b/up.sql");
	text = print(&table, NULL);
	has(text, "| `1` | `0001_a/up.sql` |");
	has(text, "| `2` | `0002_b/up.sql` |");
	table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_step_says_what_it_makes),
		cmocka_unit_test(test_how_far_each_is_applied_is_counted),
		cmocka_unit_test(test_an_unreadable_database_keeps_it_from_yes),
		cmocka_unit_test(test_no_name_ends_a_cell_or_a_row),
		cmocka_unit_test(test_each_kind_has_a_table),
		cmocka_unit_test(test_files_are_named_below_their_folder),
	};

	return cmocka_run_group_tests(tests, study_begin, NULL);
}
