#include "cli/command.h"

#include <stdio.h>

#include "cli/exit_status.h"
#include "cli/session.h"
#include "replay/dump.h"
#include "report/line.h"
#include "report/say.h"

struct dumping {
	enum kind kind;
	const char *version; /* NULL: before the first */
	bool json;
};

static void tell(void *self, const struct schema_object *object,
		 const char *sql)
{
	const struct dumping *dumping = self;

	if (!dumping->json) {
		printf("%s;\n", sql);
		return;
	}
	line_print(stdout, json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o}",
		"event", "schema",
		"kind", kind_name(dumping->kind),
		"version", dumping->version,
		"type", schema_type_name(object->type),
		"name", line_text(object->name),
		"table", line_text(object->table),
		"sql", line_text(sql)));
}

static void dump(const struct session *session, enum kind kind)
{
	const struct replay *replay = session->replays[kind];
	size_t position = session->targets[kind];
	struct dumping dumping = {
		.kind = kind,
		.version = chain_version(replay->chain, position),
		.json = session->options->json,
	};

	if (!dumping.json && position == 0)
		printf("-- %s databases have no schema yet at this version\n",
		       kind_name(kind));
	if (position == 0)
		return;
	if (!dumping.json)
		printf("-- %s databases at %s\nBEGIN;\n", kind_name(kind),
		       dumping.version);
	dump_each(replay->schemas[position], tell, &dumping);
	if (!dumping.json)
		puts("COMMIT;");
}

int cmd_migrations_dump_check(const struct options *options, struct error *err)
{
	enum kind kind;

	return options_kind(options, KIND_USER, &kind, err);
}

int cmd_migrations_dump(struct session *session, int *exit_status,
			struct error *err)
{
	const struct options *options = session->options;
	enum kind only;
	int rc = options_kind(options, KIND_USER, &only, err);

	for (enum kind kind = 0; rc == 0 && kind < KIND_COUNT; kind++)
		if (options->kind ? kind == only
				  : session->replays[kind]->chain->count > 0)
			dump(session, kind);
	*exit_status = EXIT_STATUS_GOOD;
	return rc;
}
