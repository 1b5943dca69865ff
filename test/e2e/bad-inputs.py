"""Makes a fleet of bad files, and judges what became of it.

    bad-inputs.py make FOLDER GOOD     adds bad files to the fleet, made from the
                                       database GOOD; prints how many
    bad-inputs.py picture FOLDER       every file with its content's checksum
    bad-inputs.py judge FOLDER BEFORE  reads the JSON of an upgrade; BEFORE is
                                       a copy of the fleet before it; each
                                       database has to be upgraded whole, or to
                                       be what it was

Each file is NAME_longterm.db, its name saying what is wrong with it. Names that
begin with "healthy" are of good databases. Nothing here is random: the same
files come out each time.
"""
import collections
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import stat
import struct
import sys

SUFFIX = b"_longterm.db"
PAGE = 1024
MOST_US = int(os.environ.get("MOST_SECONDS", "5")) * 1000000

class Fleet:
    def __init__(self, folder, good):
        self.folder = os.fsencode(os.path.abspath(folder))
        self.scratch = self.folder + b".scratch"
        os.mkdir(self.scratch)
        self.count = 0
        self.good = self.compact(good)

    def compact(self, good):
        """A database with small pages of every type, and rows in it."""
        path = self.scratch + b"/good.db"
        db = sqlite3.connect(good)
        db.execute("PRAGMA page_size = %d" % PAGE)
        db.execute("VACUUM INTO ?", (os.fsdecode(path),))
        db.close()
        return open(path, "rb").read()

    def path(self, name, beside=b""):
        name = name if isinstance(name, bytes) else name.encode()
        return self.folder + b"/" + name + SUFFIX + beside

    def put(self, name, content, beside=b""):
        with open(self.path(name, beside), "xb") as file:
            file.write(content)
        if not beside:
            self.count += 1

    def other(self, name, make):
        """What is no regular file."""
        make(self.path(name))
        self.count += 1

    def sql(self, name, script, pre="", base=None, after=None):
        """A database changed by SQL, as its owner may change it."""
        path = self.scratch + b"/sql.db"
        with open(path, "wb") as file:
            file.write(self.good if base is None else base)
        db = sqlite3.connect(os.fsdecode(path), isolation_level=None)
        db.executescript(pre + script)
        if after is not None:
            after(db)
        db.close()
        self.put(name, open(path, "rb").read())

    def left(self, mode):
        """The database, and what an application that was killed left."""
        path = os.fsdecode(self.scratch + b"/left.db")
        with open(path, "wb") as file:
            file.write(self.good)
        db = sqlite3.connect(path, isolation_level=None)
        if mode == "wal":
            db.executescript("PRAGMA journal_mode = WAL;"
                             "PRAGMA wal_autocheckpoint = 0")
            db.execute("UPDATE topics SET topic_name = topic_name || 'w'")
        else:
            db.executescript("PRAGMA cache_size = 1; PRAGMA cache_spill = 1;"
                             "BEGIN; UPDATE topics SET topic_name = "
                             "topic_name || 'j'; UPDATE memories SET "
                             "llm_reply = zeroblob(3000)")
        both = (open(path, "rb").read(), open(path + "-" + mode, "rb").read())
        db.close()
        return both

def flipped(content, at, mask=0xff):
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1:]

def paged(content, page, piece):
    at = (page - 1) * PAGE
    return content[:at] + piece + content[at + PAGE:]

def noise(bytes_):
    block = b"".join(hashlib.sha256(b"%d" % i).digest()
                     for i in range(bytes_ // 32 + 1))
    return block[:bytes_]

# ---- no databases at all ----

def no_databases(fleet):
    head = fleet.good[:100]
    for name, content in {
        "empty": b"",
        "one-byte": b"S",
        "text": b"this is no database\n",
        "magic-alone": head[:16],
        "half-header": head[:50],
        "header-alone": head,
        "header-and-zeros": head + bytes(4 * PAGE - 100),
        "zeros": bytes(8192),
        "encrypted": noise(40960),
        "encrypted-with-salt": noise(16) + noise(8176),
        "sqlite2": b"** This file contains an SQLite 2.1 database **\0" +
                   bytes(2000),
        "gzip": b"\x1f\x8b\x08\0" + noise(3000),
        "elf": b"\x7fELF" + noise(3000),
        "html": b"<!DOCTYPE html><title>404</title>",
        "dump": b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
        "utf16": "SQLite format 3\0".encode("utf-16"),
        "wrong-case": b"sqlite format 3\0" + fleet.good[16:],
        "a-journal": bytes.fromhex("d9d505f920a163d7") + noise(1016),
        "a-wal": bytes.fromhex("377f0682") + noise(1020),
        "magic-twice": head[:16] + fleet.good,
    }.items():
        fleet.put(name, content)
    fleet.put("one-byte-and-wal", b"S")
    fleet.put("one-byte-and-wal", fleet.left("wal")[1], b"-wal")
    pages = len(fleet.good) // PAGE
    for pages_left in {1, 2, 3, pages // 2, pages - 1}:
        fleet.put("cut-%d-pages" % pages_left,
                  fleet.good[:pages_left * PAGE])
    for bytes_ in (101, 511, 512, 513, 1000, len(fleet.good) - 1,
                   len(fleet.good) - 500):
        fleet.put("cut-at-%d" % bytes_, fleet.good[:bytes_])
    fleet.put("longer-by-one", fleet.good + b"x")
    fleet.put("longer-by-pages", fleet.good + noise(3 * PAGE))

def no_files(fleet):
    def sock(path):
        server = socket.socket(socket.AF_UNIX)
        # A socket's path has 108 bytes at most.
        os.chdir(fleet.folder)
        server.bind(os.path.basename(path))
        server.close()

    def sparse(path):
        with open(path, "wb") as file:
            file.truncate(1 << 40)

    def linked(path):
        outside = fleet.scratch + b"/outside.db"
        with open(outside, "wb") as file:
            file.write(b"no database, and linked elsewhere")
        os.link(outside, path)

    fleet.other("folder", os.mkdir)
    fleet.other("link-to-good", lambda p: os.symlink("healthy_longterm.db", p))
    fleet.other("link-to-nothing", lambda p: os.symlink("nowhere", p))
    fleet.other("link-to-itself",
                lambda p: os.symlink(os.path.basename(p), p))
    fleet.other("link-outside", lambda p: os.symlink("/etc/passwd", p))
    fleet.other("pipe", os.mkfifo)
    fleet.other("socket", sock)
    fleet.other("sparse-bomb", sparse)
    fleet.other("linked-garbage", linked)
    if os.geteuid() == 0:
        try:
            fleet.other("device", lambda p: os.mknod(
                p, 0o20600, os.makedev(1, 3)))
        except PermissionError:
            pass
    fleet.put("read-only", fleet.good)
    os.chmod(fleet.path("read-only"), 0o444)
    fleet.put("closed", fleet.good)
    os.chmod(fleet.path("closed"), 0)

# ---- one byte, one page ----

def header_bytes(fleet):
    for at in range(16, 100):
        fleet.put("header-%02d" % at, flipped(fleet.good, at))
    for at, width, values in ((16, 2, (0, 3, 256, 32768)),
                              (28, 4, (0, 1, 0x7fffffff)),
                              (32, 4, (1, 2, 0x7fffffff)),
                              (36, 4, (1, 0x7fffffff)),
                              (44, 4, (0, 5)), (52, 4, (1, 99)),
                              (56, 4, (0, 2, 3, 4))):
        for value in values:
            piece = value.to_bytes(width, "big")
            fleet.put("field-%d-%d" % (at, value),
                      fleet.good[:at] + piece + fleet.good[at + width:])

def page_types(content):
    """One page of each type, by what the file format says."""
    pages = {}
    trees = {2: "index-interior", 5: "table-interior", 10: "index-leaf",
             13: "table-leaf"}
    trunk = struct.unpack(">I", content[32:36])[0]
    free = []
    if trunk:
        pages["trunk"] = trunk
        at = (trunk - 1) * PAGE
        count = struct.unpack(">I", content[at + 4:at + 8])[0]
        free = struct.unpack(">%dI" % count,
                             content[at + 8:at + 8 + 4 * count])
        if free:
            pages["free-leaf"] = free[0]
    if struct.unpack(">I", content[52:56])[0]:
        pages["pointer-map"] = 2
    for page in range(2, len(content) // PAGE + 1):
        first = content[(page - 1) * PAGE]
        if page in free or page in pages.values():
            continue
        if first in trees:
            pages.setdefault(trees[first], page)
        else:
            pages.setdefault("overflow", page)
    return pages

def every_page_type(fleet):
    path = fleet.scratch + b"/pages.db"
    db = sqlite3.connect(os.fsdecode(path), isolation_level=None)
    source = sqlite3.connect(os.fsdecode(fleet.scratch + b"/good.db"))
    db.executescript("PRAGMA page_size = %d; PRAGMA auto_vacuum = 2" % PAGE)
    db.executescript("\n".join(source.iterdump()))
    source.close()
    db.executescript(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 300) INSERT INTO topics(topic_name) SELECT printf("
        "'topic %030d', i) FROM n;"
        "INSERT INTO memories SELECT 'big', 'c', 't', zeroblob(9000), 'r', "
        "NULL; CREATE TABLE gone(a); INSERT INTO gone VALUES(zeroblob(9000));"
        "DROP TABLE gone")
    db.close()
    content = open(path, "rb").read()
    fleet.put("healthy-pages", content)
    types = page_types(content)
    assert len(types) == 8, types
    for name, page in types.items():
        at = (page - 1) * PAGE
        own = content[at:at + PAGE]
        for how, changed in {
            "first-byte": flipped(own, 0),
            "count": own[:3] + b"\xff\xff" + own[5:],
            "content-start": own[:5] + b"\0\1" + own[7:],
            "pointer": own[:8] + b"\xff\xff\xff\xff" + own[12:],
            "cell": own[:12] + b"\0\1\0\1" + own[16:],
            "middle": flipped(own, PAGE // 2, 0x55),
            "last-byte": flipped(own, PAGE - 1),
            "zeros": bytes(PAGE),
            "ones": b"\xff" * PAGE,
            "noise": noise(PAGE),
            "first-page": content[:PAGE],
            "itself": page.to_bytes(4, "big") + own[4:],
        }.items():
            fleet.put("%s-%s" % (name, how), paged(content, page, changed))
    for at in range(100, 124, 2):
        fleet.put("schema-root-%d" % at, flipped(content, at))

# ---- journals and WALs ----

def beside(fleet):
    kinds = {}
    for mode in ("journal", "wal"):
        kinds[mode] = fleet.left(mode)
    for mode, (content, left) in kinds.items():
        ending = b"-" + mode.encode()
        other = kinds["wal" if mode == "journal" else "journal"][1]
        for how, piece in {
            "left": left, "one-byte": left[:1], "magic": left[:8],
            "cut-12": left[:12], "cut-28": left[:28], "cut-31": left[:31],
            "cut-33": left[:33], "cut-512": left[:512],
            "cut-half": left[:len(left) // 2], "cut-last": left[:-1],
            "garbage": b"no journal\n" * 99, "noise": noise(4096),
            "zeros": bytes(4096), "other-kind": other,
            "flip-8": flipped(left, 8), "flip-20": flipped(left, 20),
            "flip-60": flipped(left, 60), "huge-count":
            left[:8] + b"\xff\xff\xff\xff" + left[12:],
            "twice": left + left,
        }.items():
            fleet.put("%s-%s" % (mode, how), content)
            fleet.put("%s-%s" % (mode, how), piece, ending)
        # The one of this database beside another one.
        fleet.put(mode + "-foreign", fleet.good[:-PAGE])
        fleet.put(mode + "-foreign", left, ending)
        for how, make in {
            "folder": os.mkdir, "pipe": os.mkfifo,
            "link": lambda p: os.symlink("healthy_longterm.db", p),
            "link-nowhere": lambda p: os.symlink("nowhere", p),
        }.items():
            fleet.put("%s-is-%s" % (mode, how), content)
            make(fleet.path("%s-is-%s" % (mode, how), ending))
    content, left = kinds["journal"]
    for name, victim in (("nowhere", b"/nonexistent/x-mj1"),
                         ("itself", fleet.path("super-itself")),
                         ("long", b"/" + b"x" * 500)):
        tail = (struct.pack(">I", PAGE) + victim +
                struct.pack(">II", len(victim),
                            sum(victim) & 0xffffffff) +
                bytes.fromhex("d9d505f920a163d7"))
        fleet.put("super-" + name, content)
        fleet.put("super-" + name, left + tail, b"-journal")
    content, left = kinds["wal"]
    for how, shm in {"empty": b"", "garbage": noise(32768),
                     "short": bytes(100)}.items():
        fleet.put("shm-" + how, content)
        fleet.put("shm-" + how, left, b"-wal")
        fleet.put("shm-" + how, shm, b"-shm")

# ---- hostile schemas ----

TRIGGER = "CREATE TRIGGER evil AFTER UPDATE ON topics BEGIN %s; END"
VIEW = "CREATE VIEW evil AS %s"
EDIT = "PRAGMA writable_schema = ON;"

def schemas(fleet):
    deep = "(" * 60 + "1" + ")" * 60
    long_sum = "+".join(["1"] * 900)
    for name, sql in {
        "load-extension": "SELECT load_extension('/tmp/x.so')",
        "writefile": "SELECT writefile('/tmp/evil', 'x')",
        "tokenizer": "SELECT fts3_tokenizer('simple')",
        "unknown-function": "SELECT no_such_function(1)",
        "unknown-table": "INSERT INTO nowhere VALUES (1)",
        "zeroblob": "SELECT zeroblob(1000000000)",
        "printf": "SELECT length(printf('%.*c', 1000000, 'x'))",
        "rollback": "SELECT RAISE(ROLLBACK, 'no')",
        "abort": "SELECT RAISE(ABORT, 'esc \x1b[2J')",
        "fail": "SELECT RAISE(FAIL, 'line\nline')",
        "ignore": "SELECT RAISE(IGNORE)",
        "deletes": "DELETE FROM memories",
        "ledger": "DELETE FROM fleet_schema_history",
        "schema": "DELETE FROM sqlite_schema",
        "sequence": "UPDATE sqlite_sequence SET seq = 9223372036854775807",
        "itself": "UPDATE topics SET topic_name = topic_name",
        "deep": "SELECT " + deep,
        "long": "SELECT " + long_sum,
    }.items():
        fleet.sql("trigger-" + name, TRIGGER % sql)
    for name, sql in {
        "load-extension": "SELECT load_extension('/tmp/x.so')",
        "endless": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                   "FROM n) SELECT i FROM n",
        "unknown-function": "SELECT no_such_function(1)",
        "unknown-table": "SELECT * FROM nowhere",
        "broken-column": "SELECT no_column FROM topics",
        "deep": "SELECT " + deep, "long": "SELECT " + long_sum,
        "wide": "SELECT " + ",".join(["1"] * 1900),
        "itself": "SELECT * FROM evil",
    }.items():
        fleet.sql("view-" + name, VIEW % sql)
    for name, sql in {
        "quotes": 'CREATE TABLE "a""b\'c`d]e"("x""y" TEXT)',
        "newline": 'CREATE TABLE "line\nline\r\n"("a\nb")',
        "escape": 'CREATE TABLE "\x1b[31m\x1b]0;title\x07"("\x1b[2J")',
        "empty-name": 'CREATE TABLE ""("")',
        "long-name": 'CREATE TABLE "%s"(a)' % ("n" * 5000),
        "wide": "CREATE TABLE wide(%s)" % ",".join(
            "c%d" % i for i in range(1900)),
        "keywords": 'CREATE TABLE "select"("from", "where")',
        "check": "CREATE TABLE c(a CHECK (a > 1 OR a IS NULL))",
        "generated": "CREATE TABLE g(a, b AS (a || a) STORED, c AS (b || b))",
        "expression-index": "CREATE INDEX e ON topics(upper(topic_name) "
                            "|| hex(topic_name))",
        "partial-index": "CREATE INDEX p ON topics(topic_name) WHERE " +
                         " OR ".join(["topic_id = 1"] * 90),
        "reference-nowhere": "CREATE TABLE r(a REFERENCES nowhere(b))",
        "reference-itself": "CREATE TABLE r(a PRIMARY KEY REFERENCES r(a))",
        "default": "CREATE TABLE d(a DEFAULT (abs(-1) + %s))" % deep,
        "fts": "CREATE VIRTUAL TABLE f USING fts5(a, b)",
        "rtree": "CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
        "stat": "ANALYZE; UPDATE sqlite_stat1 SET stat = 'x y z'",
        "no-rowid": "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID",
        "strict": "CREATE TABLE s(a ANY, b INT) STRICT",
        "dropped": "DROP TABLE conversations",
        "half-done": "ALTER TABLE conversations ADD COLUMN "
                     "compacted_up_to INTEGER",
        "column-there": "ALTER TABLE conversations ADD COLUMN "
                        "schema_version INTEGER DEFAULT 1",
        "view-for-table": "DROP TABLE conversations; CREATE VIEW "
                          "conversations AS SELECT 1 AS conversation_id",
    }.items():
        fleet.sql("schema-" + name, sql)
    for name, sql in {
        "no-sql": "UPDATE sqlite_schema SET sql = NULL WHERE name = 'topics'",
        "garbage": "UPDATE sqlite_schema SET sql = 'nonsense'",
        "blob": "UPDATE sqlite_schema SET sql = x'ff00fe' "
                "WHERE name = 'topics'",
        "bad-utf8": "UPDATE sqlite_schema SET sql = replace(sql, "
                    "'topic_name', CAST(x'22fffe22' AS TEXT)) "
                    "WHERE name = 'topics'",
        "bad-name": "UPDATE sqlite_schema SET name = CAST(x'c328' AS TEXT), "
                    "tbl_name = CAST(x'c328' AS TEXT) WHERE name = 'topics'",
        "root-0": "UPDATE sqlite_schema SET rootpage = 0 "
                  "WHERE name = 'topics'",
        "root-1": "UPDATE sqlite_schema SET rootpage = 1 "
                  "WHERE name = 'topics'",
        "root-huge": "UPDATE sqlite_schema SET rootpage = 2147483647 "
                     "WHERE name = 'topics'",
        "root-shared": "UPDATE sqlite_schema SET rootpage = (SELECT rootpage "
                       "FROM sqlite_schema WHERE name = 'memories') "
                       "WHERE name = 'topics'",
        "root-negative": "UPDATE sqlite_schema SET rootpage = -7 "
                         "WHERE name = 'topics'",
        "type": "UPDATE sqlite_schema SET type = 'thing' "
                "WHERE name = 'topics'",
        "table-as-view": "UPDATE sqlite_schema SET type = 'view', rootpage = 0 "
                         "WHERE name = 'topics'",
        "no-type": "UPDATE sqlite_schema SET type = NULL",
        "no-name": "UPDATE sqlite_schema SET name = NULL "
                   "WHERE name = 'topics'",
        "other-table": "UPDATE sqlite_schema SET tbl_name = 'memories' "
                       "WHERE type = 'index'",
        "twice": "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema "
                 "WHERE name = 'topics'",
        "unknown-module": "INSERT INTO sqlite_schema VALUES ('table', 'v', "
                          "'v', 0, 'CREATE VIRTUAL TABLE v USING nothing(a)')",
        "many": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                "FROM n WHERE i < 500) INSERT INTO sqlite_schema SELECT "
                "'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || "
                "' AS SELECT * FROM v' || (i + 1) FROM n",
    }.items():
        fleet.sql("edited-" + name, sql, pre=EDIT)

# ---- ledgers ----

LEDGER = ("CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY, "
          "kind TEXT, from_version TEXT, to_version TEXT, description TEXT, "
          "checksum TEXT, applied_at TEXT, duration_us INTEGER, run_id TEXT, "
          "tool_version TEXT, evidence TEXT);")

def ledgers(fleet):
    def row(to, rank="1", rest="NULL, NULL, NULL, NULL, NULL, NULL, NULL"):
        return ("INSERT INTO fleet_schema_history VALUES (%s, 'migrate', "
                "NULL, %s, %s);" % (rank, to, rest))

    for name, script in {
        "null": row("NULL"), "number": row("20"), "float": row("1e300"),
        "blob": row("x'302e332e313900'"), "escape": row("'0.3.19\x1b[2J'"),
        "newline": row("'0.3.19' || char(10)"), "empty": row("''"),
        "huge": row("printf('%.*c', 3000000, '1')"),
        "bad-utf8": row("CAST(x'30fffe' AS TEXT)"),
        "newer": row("'99.0'"), "unknown": row("'0.3.18'"),
        "older": row("'0.0.1'"), "baseline": row("'baseline'"),
        "path": row("'../../etc'"), "nul": row("CAST(x'302e3300' AS TEXT)"),
        "rank-max": row("'0.3.19'", "9223372036854775807"),
        "rank-min": row("'0.3.19'", "-9223372036854775808"),
        "rest": row("'0.3.19'", "1", "x'ff', 7, 1e9, 'x', 'no run', "
                    "printf('%.*c', 9000, 'e'), printf('%.*c', 9000, 'e')"),
        "evidence": row("'0.3.19'", "1", "'', '', '', 1, "
                        "'20261121T043100Z-9f3c', '', "
                        "'counter:99999999999999999999 unbroken'"),
        "no-rows": "",
        "trigger": row("'0.3.19'") + "CREATE TRIGGER t AFTER INSERT ON "
                   "fleet_schema_history BEGIN DELETE FROM memories; END",
        "unique": row("'0.3.19'") + "CREATE UNIQUE INDEX u ON "
                  "fleet_schema_history(kind)",
    }.items():
        fleet.sql("ledger-" + name, LEDGER + script)
    for name, script in {
        "view": "CREATE VIEW fleet_schema_history AS SELECT 1 AS rank, "
                "'0.3.20' AS to_version",
        "index": "CREATE INDEX fleet_schema_history ON topics(topic_name)",
        "virtual": "CREATE VIRTUAL TABLE fleet_schema_history USING "
                   "fts5(kind, to_version)",
        "no-columns": "CREATE TABLE fleet_schema_history(a, b)",
        "two-columns": "CREATE TABLE fleet_schema_history(rank, to_version);"
                       "INSERT INTO fleet_schema_history VALUES "
                       "('x', '0.3.19')",
        "generated": "CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY "
                     "KEY, to_version AS (printf('0.3.%d', 18 + rank)));"
                     "INSERT INTO fleet_schema_history(rank) VALUES (1)",
        "check": "CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY, "
                 "kind CHECK (kind = 'x'), to_version);"
                 "INSERT INTO fleet_schema_history VALUES (1, 'x', '0.3.19')",
        "case": "CREATE TABLE FLEET_Schema_History(rank, to_version)",
    }.items():
        fleet.sql("ledger-is-" + name, script)

# ---- names ----

def names(fleet):
    """Good databases of users who are called what may be taken for more."""
    for i, name in enumerate((
            b"-rf", b"--help", b"-", b"..", b".", b"...", b"*", b"?", b"[a]",
            b" ", b"trailing ", b"a\nb", b"a\tb", b"a\rb", b"\x1b[2J",
            b"\x1b]0;title\x07", b"'", b'"', b"`id`", b"$(id)", b"a;id",
            b"a|b", b"a&b", b"a\\b", b"%s%n", b"\xff\xfe", b"\xc3(",
            b"\xc2\x9b2J", "\u202ecod".encode(), "\U0001f600".encode(),
            b"x" * 200, b"upgrade", b"status", b"system", b"a=b",
            b"{username}", b"~root", b"#x", b"null", b"\x7f", b"\x01",
            b"file:x?mode=rw", b"a_longterm.db", b"%00", b"\xe2\x82")):
        # Whoever is hidden is passed over.
        if name.startswith(b"."):
            name = b"dot" + name
        fleet.put(name, fleet.good)
    for i in range(12):
        fleet.put("healthy-%d" % i, fleet.good)

def make(folder, good):
    fleet = Fleet(folder, good)
    for add in (no_databases, no_files, header_bytes, every_page_type, beside,
                schemas, ledgers, names):
        add(fleet)
    print(fleet.count)

# ---- judging ----

# What SQLite may have beside a database.
BESIDE = (b"-journal", b"-wal", b"-shm")

Look = collections.namedtuple("Look", "mode owner size content")

def is_file(path):
    return os.path.isfile(path) and not os.path.islink(path)

def content(path, seen):
    """Its checksum, or where it leads to, or what is in it."""
    if stat.S_ISLNK(seen.st_mode):
        return os.readlink(path)
    if stat.S_ISDIR(seen.st_mode):
        return sorted(os.listdir(path))
    if not stat.S_ISREG(seen.st_mode):
        return seen.st_rdev
    if seen.st_size > 1 << 30:
        return "not read"
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except PermissionError:
        return "closed"

def look(path):
    """All that there is to see of it, but for its times."""
    seen = os.lstat(path)
    # The size of a folder is its file system's.
    return Look(oct(seen.st_mode), "%d:%d" % (seen.st_uid, seen.st_gid),
                0 if stat.S_ISDIR(seen.st_mode) else seen.st_size,
                content(path, seen))

def picture(folder):
    """Every entry, as it looks, and the time of its content."""
    lines = []
    for name in sorted(os.listdir(os.fsencode(folder))):
        path = os.fsencode(folder) + b"/" + name
        lines.append("%r %s %d" % (name, look(path),
                                   os.lstat(path).st_mtime_ns))
    return lines

def rows(path, tables, columns):
    db = sqlite3.connect(path)
    db.text_factory = bytes
    found = {}
    for table in tables:
        listed = ", ".join('"%s"' % c.replace('"', '""')
                           for c in columns[table])
        found[table] = collections.Counter(db.execute(
            'SELECT %s FROM "%s"' % (listed, table.replace('"', '""'))))
    db.close()
    return found

def shape(path):
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT "
        "LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'fleet_schema_history' "
        "COLLATE NOCASE AND sql NOT LIKE 'CREATE VIRTUAL%'")]
    columns = {table: [row[1] for row in db.execute(
        "SELECT * FROM pragma_table_info(?)", (table,))] for table in tables}
    db.close()
    return tables, columns

class Judge:
    def __init__(self, folder, before):
        self.folder, self.before = os.fsencode(folder), os.fsencode(before)
        self.scratch = self.folder + b".judge"
        os.mkdir(self.scratch)
        self.wrong = 0

    def complain(self, name, what):
        print("%r: %s" % (name, what))
        self.wrong += 1

    def databases(self, folder):
        """What there is, but for what lies beside another."""
        names = set(os.listdir(folder)) - {b".fleet-upgrade"}
        return {name for name in names if not any(
            name.endswith(ending) and name[:-len(ending)] in names
            for ending in BESIDE)}

    def looks(self, folder, name):
        """Of a database, and of what lies beside it."""
        path = folder + b"/" + name
        return {ending: look(path + ending) for ending in (b"",) + BESIDE
                if os.path.lexists(path + ending)}

    def copy(self, folder, name):
        """A copy with what lies beside it, which may be looked at."""
        target = self.scratch + b"/" + os.path.basename(folder) + b".db"
        for ending in (b"",) + BESIDE:
            path = folder + b"/" + name + ending
            if os.path.lexists(target + ending):
                os.unlink(target + ending)
            if is_file(path) and ending != b"-shm":
                shutil.copy(path, target + ending)
        return os.fsdecode(target)

    def findings(self, path):
        db = sqlite3.connect(path)
        found = {row[0] for row in db.execute("PRAGMA integrity_check")}
        db.close()
        return found

    def alone(self, name):
        """Upgraded: nothing is beside it, and mode and owner are its own."""
        before = self.looks(self.before, name)[b""]
        after = self.looks(self.folder, name)
        if list(after) != [b""] or (after[b""].mode, after[b""].owner) != \
                (before.mode, before.owner):
            self.complain(name, "upgraded, and is %s, it was %s" %
                          (after, before))

    def upgraded(self, name):
        new = self.copy(self.folder, name)
        old = self.copy(self.before, name)
        db = sqlite3.connect(new)
        sound = self.findings(new)
        version = db.execute("SELECT to_version FROM fleet_schema_history "
                             "ORDER BY rank DESC LIMIT 1").fetchone()
        db.close()
        self.alone(name)
        if version != ("0.3.21",):
            self.complain(name, "it is at %s" % (version,))
        # An index of a table that no step touches is not looked into.
        if not sound <= self.findings(old):
            self.complain(name, "upgraded, and unsound: %s" % sound)
        tables, columns = shape(old)
        if rows(old, tables, columns) != rows(new, tables, columns):
            self.complain(name, "rows differ")

    def recovered(self, name, before):
        """How it looks when SQLite has put back what was left beside it."""
        live, kept = self.folder + b"/" + name, self.scratch + b"/kept"
        copy = self.copy(self.before, name)
        # SQLite deletes what a journal calls its super-journal: the live file.
        os.link(live, kept)
        db = sqlite3.connect(copy)
        try:
            db.execute("PRAGMA schema_version")
        except sqlite3.Error:
            pass
        db.close()
        if not os.path.lexists(live):
            os.link(kept, live)
        os.unlink(kept)
        looks = {ending: seen for ending, seen in before.items()
                 if not is_file(self.before + b"/" + name + ending)}
        looks[b""] = look(copy)
        return looks

    def unchanged(self, name):
        """All of it, or as SQLite leaves it that has put back what an
        application left beside it."""
        before = self.looks(self.before, name)
        after = self.looks(self.folder, name)
        if after != before and (len(before) == 1 or
                                after != self.recovered(name, before)):
            self.complain(name, "not upgraded, and is %s, it was %s" %
                          (after, before))

    def judge_one(self, name, told):
        if len(told) != 1:
            self.complain(name, "told %d times" % len(told))
            self.unchanged(name)
            return
        told = told[0]
        outcome, error = told["outcome"], told["error"]
        if outcome not in ("upgraded", "current", "failed", "busy", "skipped",
                           "newer"):
            self.complain(name, "outcome %s" % outcome)
        if (error is None) != (outcome in ("upgraded", "current")):
            self.complain(name, "%s with error %s" % (outcome, error))
        if error is not None and not (error["code"] and error["message"]):
            self.complain(name, "no code or no message: %s" % error)
        if error is not None and error["code"] == "BUG":
            self.complain(name, error["message"])
        if told["duration_us"] > MOST_US:
            self.complain(name, "took %d us" % told["duration_us"])
        if outcome == "upgraded":
            self.upgraded(name)
        else:
            self.unchanged(name)
        if name.startswith(b"healthy") and outcome != "upgraded":
            self.complain(name, "%s: %s" % (outcome, error))

def escaped(name):
    """As the program writes a name that is not UTF-8."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        pass
    out = ""
    for piece in name.decode("utf-8", "surrogateescape"):
        code = ord(piece)
        if 0xdc80 <= code <= 0xdcff:
            out += "\\x%02x" % (code - 0xdc00)
        elif piece == "\\":
            out += "\\\\"
        else:
            out += piece
    return out

def judge(folder, before):
    court = Judge(folder, before)
    told = collections.defaultdict(list)
    outcomes = collections.Counter()
    for line in sys.stdin:
        event = json.loads(line)
        if event["event"] == "database":
            told[os.path.basename(event["path"])].append(event)
            outcomes[event["outcome"]] += 1
    before = court.databases(court.before)
    after = court.databases(court.folder)
    for name in sorted(before ^ after):
        court.complain(name, "gone" if name in before else "new")
    for name in sorted(before & after):
        if name.endswith(SUFFIX):
            court.judge_one(name, told[escaped(name)])
        else:
            court.alone(name)
    for what, healthy in ((b"-", 12),):
        count = sum(1 for name in told if name.startswith("healthy-") and
                    told[name][0]["outcome"] == "upgraded")
        if count < healthy:
            court.complain(what, "only %d healthy ones" % count)
    print(" ".join("%s=%d" % pair for pair in sorted(outcomes.items())),
          file=sys.stderr)
    sys.exit(court.wrong > 0)

if __name__ == "__main__":
    command = sys.argv[1]
    if command == "make":
        make(*sys.argv[2:])
    elif command == "picture":
        print("\n".join(picture(*sys.argv[2:])))
    else:
        judge(*sys.argv[2:])
