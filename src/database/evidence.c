#include "database/evidence.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sqlite/digest.h"

#define READ_VERSION_OFFSET   19
#define READ_VERSION_WAL      2
#define CHANGE_COUNTER_OFFSET 24

#define UNBROKEN " unbroken"
#define OWNER	 " of "
#define OWNER_BYTES (sizeof(OWNER) + 8)

static int change_counter(struct sqlite3 *db, uint32_t *out, struct error *err)
{
	unsigned char bytes[4] = { 0 };
	int rc = connection_read_file(db, bytes, sizeof(bytes),
				      CHANGE_COUNTER_OFFSET, err);

	*out = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
	return rc;
}

int evidence_is_wal(struct sqlite3 *db, bool *out, struct error *err)
{
	unsigned char version = 0;
	char *mode = NULL;
	/* Not only PRAGMA journal_mode: of a backup, which is opened immutable,
	 * that says "delete" whatever the file is. */
	int rc =
		connection_read_file(db, &version, 1, READ_VERSION_OFFSET, err);

	*out = version == READ_VERSION_WAL;
	if (rc != 0 || *out)
		return rc;
	rc = connection_text(db, "PRAGMA journal_mode", &mode, err);
	*out = mode != NULL && strcmp(mode, "wal") == 0;
	free(mode);
	return rc;
}

/* `ahead` is added to the counter of `db`; `content` has what is digested. */
static int take(struct sqlite3 *db, uint32_t ahead, struct sqlite3 *content,
		char out[LEDGER_EVIDENCE_BYTES], struct error *err)
{
	char digest[CHECKSUM_HEX_BYTES];
	uint32_t counter;
	bool is_wal;
	int rc = evidence_is_wal(db, &is_wal, err);

	if (rc == 0 && is_wal) {
		rc = digest_take(content, LEDGER_TABLE, digest, err);
		if (rc == 0)
			(void)snprintf(out, LEDGER_EVIDENCE_BYTES, "digest:%s",
				       digest);
	} else if (rc == 0) {
		rc = change_counter(db, &counter, err);
		if (rc == 0)
			(void)snprintf(
				out, LEDGER_EVIDENCE_BYTES, "counter:%lu",
				(unsigned long)(uint32_t)(counter + ahead));
	}
	return rc;
}

int evidence_now(struct sqlite3 *db, char out[LEDGER_EVIDENCE_BYTES],
		 struct error *err)
{
	return take(db, 0, db, out, err);
}

int evidence_of_commit(struct sqlite3 *db, char out[LEDGER_EVIDENCE_BYTES],
		       struct error *err)
{
	return take(db, 1, db, out, err);
}

/* True if the two are the same, whatever is noted behind the one kept. */
static bool is_same(const char *kept, const char *now)
{
	size_t bytes = strcspn(kept, " ");

	return strlen(now) == bytes && memcmp(now, kept, bytes) == 0;
}

int evidence_holds(struct sqlite3 *db, const char *kept, bool *holds, char *why,
		   size_t room, struct error *err)
{
	char now[LEDGER_EVIDENCE_BYTES] = "";
	int rc;

	*holds = false;
	if (kept[0] == '\0') {
		text_copy(why, room, "its ledger does not say how it was left");
		return 0;
	}
	rc = evidence_now(db, now, err);
	*holds = rc == 0 && is_same(kept, now);
	if ((rc != 0 && !connection_blames_sql(err)) || *holds)
		return rc;
	if (rc != 0)
		text_copy(why, room, "whether it has been written since cannot "
			  "be told without its application's functions");
	else if (strncmp(now, kept, strcspn(kept, ":")) != 0)
		text_copy(why, room, "its journal mode has been changed since");
	else
		text_copy(why, room, "it has been written since");
	return 0;
}

static void append(char evidence[LEDGER_EVIDENCE_BYTES], const char *text)
{
	size_t used = strlen(evidence);

	(void)snprintf(evidence + used, LEDGER_EVIDENCE_BYTES - used, "%s",
		       text);
}

bool evidence_is_unbroken(const char *kept)
{
	return text_ends_with(kept, UNBROKEN);
}

int evidence_was_unbroken(struct sqlite3 *db, const struct ledger_head *head,
			  bool *out, struct error *err)
{
	char why[160];
	bool is_wal = false;
	int rc = 0;

	*out = false;
	if (head->exists)
		rc = evidence_is_wal(db, &is_wal, err);
	if (rc == 0 && head->exists && !is_wal)
		rc = evidence_holds(db, head->evidence, out, why, sizeof(why),
				    err);
	return rc;
}

/* Short, so that the row has room for it behind a digest. */
static void owner_of(const char *path, char out[OWNER_BYTES])
{
	char digest[CHECKSUM_HEX_BYTES];
	struct checksum sum;

	checksum_init(&sum);
	checksum_add(&sum, path, strlen(path));
	checksum_end(&sum, digest);
	(void)snprintf(out, OWNER_BYTES, OWNER "%.8s", digest);
}

bool evidence_is_of(const char *kept, const char *path)
{
	const char *said = strstr(kept, OWNER);
	char owner[OWNER_BYTES];

	owner_of(path, owner);
	return said == NULL || strncmp(said, owner, sizeof(owner) - 1) == 0;
}

int evidence_sign(struct sqlite3 *db, struct sqlite3 *live, const char *path,
		  bool is_unbroken, bool *is_signed, struct error *err)
{
	char evidence[LEDGER_EVIDENCE_BYTES], owner[OWNER_BYTES];
	int rc = take(live, 1, db, evidence, err);

	*is_signed = rc == 0;
	if (rc != 0)
		return connection_blames_sql(err) ? 0 : rc;
	owner_of(path, owner);
	append(evidence, owner);
	if (is_unbroken)
		append(evidence, UNBROKEN);
	return ledger_set_evidence(db, evidence, err);
}

int evidence_renew(struct sqlite3 *db, const char *left, struct error *err)
{
	char evidence[LEDGER_EVIDENCE_BYTES], why[160];
	struct ledger_head head = { 0 };
	bool holds = false;
	int rc = connection_run(db, "BEGIN IMMEDIATE", err);

	if (rc == 0)
		rc = evidence_holds(db, left, &holds, why, sizeof(why), err);
	if (rc == 0)
		rc = ledger_read(db, &head, err);
	if (rc == 0 && holds && head.exists)
		rc = evidence_of_commit(db, evidence, err);
	if (rc == 0 && holds && head.exists) {
		append(evidence,
		       head.evidence + strcspn(head.evidence, " "));
		rc = ledger_set_evidence(db, evidence, err);
	}
	return rc != 0 ? rc : connection_run(db, "COMMIT", err);
}
