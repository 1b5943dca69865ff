#!/usr/bin/env python3
"""powercut: what a power cut may have left of a run, at any of its moments.

usage: powercut.py [--random N] [--seed N] [--next N] FOLDER
       powercut.py --settled FOLDER

FOLDER has what is known of the run:
    start/   the fleet before it; and inodes, its inodes when it was fleet/:
             find fleet -printf '%P\\0%D %i\\0'
    fleet/   the fleet after it
    records  what the run did to the disk (test/fault/recorder.c)
    told     what it said, with --json
and gets next/1, next/2...: N of the states, for a next run to begin at; in
next/1.why stands what each of them is. With --settled, settled/1... are what
these runs have made of them, and looked at in their turn.

disk.py says what a cut does. The moments are those between two calls. At each
of them these states are looked at: nothing that is not durable is kept; all is;
names only; names and sizes; data and no names; each name and each file kept or
lost against all the others, or what a name led to between; and N at random, for
a seed that is printed. In every one of them
    - each database is whole old or whole new, with the mode that it had;
    - where anything was written to a database, there is a backup of it: what
      it was before, and no more readable (save that SQLite may have played
      back what lay beside it);
    - what was told to be done is done;
    - what a rollback has put back is held.
And what the records say is all that has happened: with everything kept they
come to what is on the disk.
"""

import argparse
import json
import os
import random
import sqlite3
import stat
import sys
import tempfile

import disk

LEDGER = "fleet_schema_history"
STATE = ".fleet-upgrade"
HOLD = ".fleet-upgrade.hold"
SHOWN = 10


# ---- what is in it ----

class Reader:
    """What SQLite makes of a database and what lies beside it: it plays back
    what is to be played back. In one line, as state_of() of sweep.bash."""

    SUFFIXES = ("", "-journal", "-wal")

    def __init__(self, scratch):
        self.path = os.path.join(scratch, "looked-at.db")
        self.known = {}

    def read(self, *contents):
        if contents not in self.known:
            self.known[contents] = self.look(contents)
        return self.known[contents]

    def look(self, contents):
        for suffix in self.SUFFIXES + ("-shm",):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)
        if contents[0] is None:
            return "missing"
        for suffix, content in zip(self.SUFFIXES, contents):
            if content is not None:
                with open(self.path + suffix, "wb") as file:
                    file.write(content)
        db = sqlite3.connect(self.path)
        try:
            sound = db.execute("PRAGMA integrity_check").fetchall()
            mode = db.execute("PRAGMA journal_mode").fetchone()
            lines = [line for line in db.iterdump() if LEDGER not in line]
            try:
                version = db.execute("SELECT to_version FROM %s ORDER BY rank "
                                     "DESC LIMIT 1" % LEDGER).fetchone()
            except sqlite3.OperationalError:
                version = None
            return repr((version, sound, mode, lines))
        except sqlite3.Error as error:
            return "unreadable: %s" % error
        finally:
            db.close()


def content_of(state, path):
    return state.get(path, (0, None, None))[1]


def read_folder(folder):
    state = {}
    for above, folders, files in os.walk(folder):
        for name in folders + files:
            at = os.path.join(above, name)
            content = None
            if name in files:
                with open(at, "rb") as file:
                    content = file.read()
            seen = os.stat(at)
            state[os.path.relpath(at, folder)] = (seen.st_mode, content,
                                                  seen.st_ino)
    return state


class Run:
    """What is expected, by path of the database."""

    def __init__(self, folder, reader):
        self.reader = reader
        start = read_folder(os.path.join(folder, "start"))
        end = read_folder(os.path.join(folder, "fleet"))
        self.databases = [path for path in start if path.endswith(".db")
                          and not path.startswith(STATE)]
        self.before = self.facts(start)
        self.after = self.facts(end)
        self.modes = {path: start[path][0] for path in self.databases}
        self.at_rest = [path for path in self.databases
                        if path + "-journal" not in start
                        and path + "-wal" not in start]
        self.read_told(os.path.join(folder, "told"), folder)

    def facts(self, state):
        return {path: self.reader.read(*(content_of(state, path + suffix)
                                         for suffix in Reader.SUFFIXES))
                for path in self.databases}

    @staticmethod
    def runs(state):
        backups = STATE + "/backups"
        return [path for path in state if os.path.dirname(path) == backups]

    def read_told(self, path, folder):
        """So many bytes were out when it had told this one to be done."""
        self.told, self.is_rollback, size = [], False, 0
        with open(path, "rb") as file:
            for line in file:
                size += len(line)
                event = json.loads(line)
                if event["event"] == "run-begin":
                    self.is_rollback = event["command"] == "rollback"
                elif event.get("outcome") in ("upgraded", "restored"):
                    self.told.append((size, os.path.relpath(
                        event["path"], os.path.join(folder, "fleet"))))
        self.all_told = size

    def has_backup(self, state, path):
        for run in self.runs(state):
            mode, content, _ = state.get(run + "/" + path, (0, None, None))
            if (content is not None
                    and self.reader.read(content, None, None)
                    == self.before[path]
                    and not stat.S_IMODE(mode) & ~self.modes[path]):
                return True
        return False

    def complaints(self, state, touched, told):
        """What is wrong with it. `touched`: databases that were written to;
        told: so many bytes of what the run said."""
        facts = self.facts(state)
        changed = [path for path in self.databases
                   if facts[path] != self.before[path]]
        for path in changed:
            if facts[path] != self.after[path]:
                yield "%s is neither old nor new: %s" % (path, facts[path])
        for path in self.databases:
            if path in state and state[path][0] != self.modes[path]:
                yield "%s has mode %o" % (path, state[path][0])
            if ((path in changed or path in touched and path in self.at_rest)
                    and not self.has_backup(state, path)):
                yield "%s has been written to, and has no backup" % path
        for size, path in self.told:
            if size <= told and facts[path] != self.after[path]:
                yield "%s was told to be done, and is old" % path
        if self.is_rollback and changed and not content_of(state, HOLD):
            yield "put back, and not held: %s" % ", ".join(changed)


class Touched:
    """Databases that have been written to, in themselves or in their WAL, or
    had another file take their place."""

    def __init__(self, model, databases):
        self.model, self.databases = model, databases
        self.first = {path: model.find(path) for path in databases}
        self.written = set()

    def see(self, record):
        target = self.model.things.get(record.object)
        for path in self.databases:
            if record.what in (disk.WRITE, disk.TRUNCATE) and target in (
                    self.model.find(path), self.model.find(path + "-wal")):
                self.written.add(path)

    def now(self):
        return self.written | {path for path in self.databases
                               if self.model.find(path)
                               is not self.first[path]}


class Moments:
    """Each moment between two calls, from before the first to behind the last:
    the disk is `model` then."""

    def __init__(self, folder, run):
        self.run = run
        self.records = list(disk.read_records(
            os.path.join(folder, "records")))
        self.model = disk.Disk(os.path.join(folder, "start"),
                               os.path.join(folder, "inodes"))
        self.touched = Touched(self.model, run.databases)
        self.count = 0

    def __iter__(self):
        """(where, touched by then, told by then)"""
        where = "before the first call"
        for number, record in enumerate(self.records):
            yield where, self.touched.now(), record.told
            if self.model.replay(record):
                self.count += 1
                self.touched.see(record)
                where = "after call %d, %s %s" % (
                    number + 1, disk.WORDS[record.what], record.name
                    or self.model.path_of(record.object))
        yield where, self.touched.now(), self.run.all_told


class Sample:
    """So many of all that come by, each with the same chance."""

    def __init__(self, dice, most):
        self.dice, self.most, self.seen, self.items = dice, most, 0, []

    def add(self, item):
        self.seen += 1
        if len(self.items) < self.most:
            self.items.append(item)
        elif self.dice.randrange(self.seen) < self.most:
            self.items[self.dice.randrange(self.most)] = item

    def write(self, folder):
        os.mkdir(folder)
        for number, (why, state) in enumerate(self.items, 1):
            at = os.path.join(folder, str(number))
            disk.write_state(state, at)
            with open(at + ".why", "w", encoding="utf-8") as file:
                print(why, file=file)


def missed(state, folder):
    """What is on the disk and not in the records, or the other way round. The
    index of a WAL is written through memory, and is nothing after a cut."""
    real = read_folder(os.path.join(folder, "fleet"))
    return sorted(path for path in state.keys() | real.keys()
                  if not path.endswith("-shm")
                  and state.get(path, ())[:2] != real.get(path, ())[:2])


def look(options, reader):
    dice = random.Random(options.seed)
    run = Run(options.folder, reader)
    moments = Moments(options.folder, run)
    sample = Sample(random.Random(options.seed), options.next)
    states, looked_at, bad, count = set(), set(), {}, 0
    for where, touched, told in moments:
        for cut in disk.cuts(moments.model, dice, options.random):
            count += 1
            state = disk.state_of(moments.model, cut)
            key = hash(frozenset(state.items()))
            why = "%s: %s" % (where, cut.why)
            if key not in states:
                states.add(key)
                sample.add((why, state))
            key = (key, frozenset(touched), told)
            if key in looked_at:
                continue
            looked_at.add(key)
            for complaint in run.complaints(state, touched, told):
                bad.setdefault(complaint, []).append(why)
    for path in missed(disk.state_of(moments.model, disk.KEPT),
                       options.folder):
        bad.setdefault("not recorded: " + path, []).append("at the end")
    if options.next:
        sample.write(os.path.join(options.folder, "next"))
    print("%d states, %d of them different, at %d moments; seed %d" % (
        count, len(states), moments.count + 1, options.seed))
    return bad


def look_at_settled(options, reader):
    run = Run(options.folder, reader)
    settled = os.path.join(options.folder, "settled")
    bad = {}
    for name in sorted(os.listdir(settled)):
        state = read_folder(os.path.join(settled, name))
        with open(os.path.join(options.folder, "next", name + ".why"),
                  encoding="utf-8") as file:
            why = "that of %s (%s)" % (name, file.read().strip())
        for complaint in run.complaints(state, (), run.all_told):
            bad.setdefault(complaint, []).append(why)
    print("%d next runs" % len(os.listdir(settled)))
    return bad


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--random", type=int, default=4)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--next", type=int, default=0)
    options.add_argument("--settled", action="store_true")
    options.add_argument("folder")
    options = options.parse_args()
    look_at = look_at_settled if options.settled else look
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        bad = look_at(options, Reader(scratch))
    for complaint, moments in list(bad.items())[:SHOWN]:
        print("%s\n    in %d states, the first of them %s" % (
            complaint, len(moments), moments[0]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
