/*
 * seen: which files have not changed since the ledger in them was last read, so
 * that nobody has to open them again to know their version.
 *
 * Runs on: the loop thread; subjects are filled before the run begins and const
 * from then on. Owns: its connection and the rows still to be written; the
 * versions it hands to subjects live in the fleet's arena.
 *
 * The one thing outside a database that is believed about its version, and it
 * is not a version but a proof that nothing has happened: state_dir/seen.db has
 * the stamp that a file had while its ledger was read (device, inode, size,
 * mtime and ctime in nanoseconds). Whoever finds the very same stamp again, and
 * no -wal and no -journal beside the file, has the same file with the same
 * content. Why that holds:
 * - what is written to a file, cut off, renamed, linked, given or taken rights,
 *   or gets other times set, gets the time of that moment as its ctime, which
 *   nobody can set; so a backup put back (also with cp -p), another file under
 *   the name, an edit by hand all show, whatever they do with size and mtime;
 * - a change within the clock's grain of the look would show the same time: so
 *   a stamp counts only if it was two seconds old at the look (look.h);
 * - what is committed and not in the file yet lies in the -wal (company.h);
 * - a clock is set, and files lose their latest times, when a machine is
 *   started (without a clock of its own, or after a power cut): so what is
 *   known is forgotten with every start, and needs no sync to the disk;
 * - of migrations that are a set the version does not say all, so that what is
 *   known is forgotten with every change of the set (`scope`);
 * - a ledger's version alone is kept: one that was detected hangs on the
 *   migrations. Whether a version is current, pending or newer is asked of the
 *   migrations anew each time.
 *
 *     look: ctime c, now >= c + 2 s          discovery: ctime c again
 *     ---------+--------------------------------+-----------------> time
 *              | a change in between: ctime > c + 2 s - grain > c
 *
 * What would still escape: a clock that is set back while the machine runs, on
 * a file system that keeps no parts of a second; whoever writes to the disk
 * below the file system. Over a network attributes are cached, so that stamps
 * lie: the caller leaves such fleets alone. `verify`, `rollback`, `restore` and
 * `baseline` always open.
 *
 * Nothing here can fail a run: what cannot be read is not known, what cannot be
 * written is not known next time. A damaged file is removed and begun anew. It
 * may be removed by hand at any time.
 *
 * If the process dies: some rows are missing.
 */
#ifndef FLEET_FLEET_SEEN_H
#define FLEET_FLEET_SEEN_H

#include "fleet/discover.h"
#include "fleet/event.h"

#define SEEN_NAME "seen.db"

/* Sets `known_version` of every subject that has not changed. For whoever may
 * not write: it leaves no trace. `state_path` NULL: nothing is known. `scope`
 * says what the versions are of: what was seen under another one is not known;
 * see migrations_set(). */
void seen_recall(const char *state_path, const char *scope,
		 const struct fleet *fleet);

struct seen;

/* The same, and then remembers what the run sees, under the fleet's lock. What
 * is known of files that are gone is dropped, unless the fleet is narrowed. */
struct seen *seen_open(const char *state_path, const char *scope,
		       const struct fleet *fleet);
void seen_close(struct seen *seen); /* NULL is fine */

/* The listener that remembers; owned by `seen`. */
struct listener *seen_listener(struct seen *seen);

#endif
