/*
 * evidence: how a rollback can tell that nobody has written since the upgrade.
 *
 * Runs on: the thread of the connection.
 * In rollback-journal mode: the change counter in the file header, which every
 * commit raises by one ("counter:41"). Under WAL that counter stands still, so
 * there it is a digest of everything but the ledger ("digest:9f3c..."). It is
 * kept in the newest ledger row, written inside the transaction that it is
 * about: the counter is therefore the one that its own commit is going to
 * write.
 *
 * Behind it stands whose it is, as a short checksum of the path below the data
 * directory ("counter:41 of 1f3c9a2b"): the backup of a run lies under that,
 * and a database that was given another's name since must not be overwritten
 * with the other's. Rows of older versions do not say.
 *
 * A restore raises the counter too, and brings back a row with an older one.
 * So that whoever takes back one upgrade after the other is not told that
 * somebody has written, the row of the second upgrade notes whether the
 * evidence of the first still held when it began ("counter:41 of 1f3c9a2b
 * unbroken"); then the restore renews it. A digest stays true by itself.
 *
 * Fact (SQLite file format, section 1.3.7): the counter stands at offset 24, 4
 * bytes, big-endian, and is raised once by each transaction that changes the
 * file, unless the database is in WAL mode.
 */
#ifndef FLEET_DATABASE_EVIDENCE_H
#define FLEET_DATABASE_EVIDENCE_H

#include <stdbool.h>

#include "base/error.h"
#include "database/ledger.h"

struct sqlite3;

/* True if the database is in WAL mode: by its file's header, or because SQLite
 * goes by the WAL that lies beside it, whatever the header says (a copy of
 * before was put in its place, or VACUUM INTO made it). */
int evidence_is_wal(struct sqlite3 *db, bool *out, struct error *err);

/* What the database says now, of a commit that is over. */
int evidence_now(struct sqlite3 *db, char out[LEDGER_EVIDENCE_BYTES],
		 struct error *err);

/* What will be true when the transaction open on `db` has been committed. */
int evidence_of_commit(struct sqlite3 *db, char out[LEDGER_EVIDENCE_BYTES],
		       struct error *err);

/* Looks whether `kept` still holds. Nobody may write meanwhile: the caller has
 * the write lock, through this connection or another one. *holds is false, with
 * the reason in `why`, if somebody has written or the journal mode has
 * changed, or if that cannot be told. */
int evidence_holds(struct sqlite3 *db, const char *kept, bool *holds, char *why,
		   size_t room, struct error *err);

/* Whether the evidence of the row below held. */
bool evidence_is_unbroken(const char *kept);

/* False if it is of a database that had another path when it was signed. */
bool evidence_is_of(const char *kept, const char *path);

/* Inside a transaction, before the first change: whether nobody has written
 * since the newest row of the ledger, which is `head`. Under WAL that would
 * cost a digest, and a restore does not ask: *out is false there. */
int evidence_was_unbroken(struct sqlite3 *db, const struct ledger_head *head,
			  bool *out, struct error *err);

/* At the end of that transaction: writes into the newest row what will be true
 * of `live`, at that path below the data directory, when it has been committed;
 * no transaction is open on `db` then, or `db` is `live`: what `db` says is
 * going to be written over `live`, which nobody else can write meanwhile.
 * *is_signed is false, with the reason in `err`, where the content cannot be
 * digested here (it needs functions of the application): the row says
 * nothing. */
int evidence_sign(struct sqlite3 *db, struct sqlite3 *live, const char *path,
		  bool is_unbroken, bool *is_signed, struct error *err);

/* After a restore, in a transaction of its own: lets the newest row tell of the
 * state that the restore left (evidence_now() under its lock), unless somebody
 * has written since. On failure the transaction may stand open. */
int evidence_renew(struct sqlite3 *db, const char *left, struct error *err);

#endif
