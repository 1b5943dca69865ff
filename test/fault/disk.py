"""disk: a disk as a power cut may leave it, built from what recorder.c has
written down.

It is taken to be no kinder than POSIX makes it. It consists of registers: each
sector of 512 bytes of a file, its size, its mode, and each name in a folder,
which leads to a file, a folder or nowhere. What has been done to a register
since it was last made durable is its history, and a cut leaves it at any place
of that, whatever becomes of all the others. fsync() of a file makes its
sectors, size and mode durable, and not its names; fsync() of a folder its
names; syncfs() everything. A file that has grown over sectors that were never
written has anything in them.

More than POSIX says is believed in these, because the program builds on them
and every file system that a database can live on keeps them:
    - a sector is written or not written;
    - a name that rename() gives to another file leads to the one or the other
      after a cut, and never nowhere (for running processes POSIX says so). That
      the old name goes at the same moment as the new one comes is not believed;
    - fsync() takes a folder, and syncfs() returns when all is written: Linux.
"""

import collections
import os
import stat
import struct

SECTOR = 512
RECORD = struct.Struct("=Q2Q2QqIIII")
CREATE, LINK, UNLINK, WRITE, TRUNCATE, MODE, SYNC, SYNC_ALL = range(1, 9)
WORDS = ("", "create", "link", "unlink", "write", "truncate", "chmod",
         "sync", "sync all")

Record = collections.namedtuple(
    "Record", "told object folder at what mode name data")


def read_records(path):
    with open(path, "rb") as file:
        text = file.read()
    place = 0
    while place < len(text):
        (told, device, inode, folder_device, folder_inode, at, what, mode,
         name_bytes, data_bytes) = RECORD.unpack_from(text, place)
        place += RECORD.size
        name = text[place:place + name_bytes].decode()
        place += name_bytes
        data = text[place:place + data_bytes]
        place += data_bytes
        yield Record(told, (device, inode), (folder_device, folder_inode), at,
                     what, mode, name, data)


# ---- the disk ----

class File:
    """Histories of content and mode; the first of each is durable."""

    def __init__(self, mode, content=b""):
        self.modes = [mode]
        self.contents = [content]

    def write(self, at, data):
        if data:
            old = self.contents[-1].ljust(at, b"\0")
            self.contents.append(old[:at] + data + old[at + len(data):])

    def truncate(self, size):
        self.contents.append(self.contents[-1][:size].ljust(size, b"\0"))

    def sync(self):
        del self.modes[:-1], self.contents[:-1]

    def is_durable(self):
        return len(self.modes) == len(self.contents) == 1

    def grown(self, filler):
        """As big as it is to be, and nothing that is not durable in it."""
        size = len(self.contents[-1])
        return self.contents[0][:size].ljust(size, filler)

    def torn(self, dice):
        """Each sector, and the size, at any place of its history."""
        size = len(dice.choice(self.contents))
        filler = dice.choice((b"\0", b"\xa5"))
        out = bytearray()
        for at in range(0, size, SECTOR):
            sectors = {old[at:at + SECTOR]: None for old in self.contents}
            out += dice.choice(list(sectors)).ljust(SECTOR, filler)
        return bytes(out[:size])


class Folder:
    """The histories of its names: each is of files, folders, and None."""

    def __init__(self, mode):
        self.mode = mode
        self.names = {}

    def sync(self):
        self.names = {name: history[-1:]
                      for name, history in self.names.items()
                      if history[-1] is not None}


class Disk:
    """What the records are about: all below one folder."""

    def __init__(self, start, inodes):
        self.things = {}
        with open(inodes, "rb") as file:
            fields = file.read().decode().split("\0")[:-1]
        paths = dict(zip(fields[::2], fields[1::2]))
        for path, inode in paths.items():
            at = os.path.join(start, path) if path else start
            mode = os.stat(at).st_mode
            if stat.S_ISDIR(mode):
                thing = Folder(mode)
            else:
                with open(at, "rb") as file:
                    thing = File(mode, file.read())
            self.things[tuple(map(int, inode.split()))] = thing
            if path:
                above = paths[os.path.dirname(path)]
                folder = self.things[tuple(map(int, above.split()))]
                folder.names[os.path.basename(path)] = [thing]
            else:
                self.root = thing

    def replay(self, record):
        """False: it is about nothing of this disk."""
        folder = self.things.get(record.folder)
        thing = self.things.get(record.object)
        if record.what == SYNC_ALL:
            if thing is None:
                return False
            for each in self.things.values():
                each.sync()
        elif record.what in (CREATE, LINK, UNLINK):
            if folder is None:
                return False
            if record.what == CREATE:
                make = Folder if stat.S_ISDIR(record.mode) else File
                thing = self.things[record.object] = make(record.mode)
            folder.names.setdefault(record.name, [None]).append(
                None if record.what == UNLINK else thing)
        elif thing is None:
            return False
        elif record.what == WRITE:
            thing.write(record.at, record.data)
        elif record.what == TRUNCATE:
            thing.truncate(record.at)
        elif record.what == MODE:
            thing.modes.append(record.mode)
        else:
            thing.sync()
        return True

    def find(self, path):
        thing = self.root
        for name in path.split("/"):
            if not isinstance(thing, Folder):
                return None
            thing = thing.names.get(name, [None])[-1]
        return thing

    def path_of(self, inode):
        wanted = self.things.get(inode)
        for path, thing in walk(self.root, newest):
            if thing is wanted:
                return path
        return "a file without a name" if wanted else "everything"


def walk(folder, pick_name, above=""):
    for name, history in folder.names.items():
        thing = pick_name(history)
        if thing is not None:
            yield above + name, thing
        if isinstance(thing, Folder):
            yield from walk(thing, pick_name, above + name + "/")


# ---- what a cut may leave ----

def newest(history):
    return history[-1]


def oldest(history):
    return history[0]


class Cut:
    """How each register comes out: names, and (content, mode) of files; and
    one of them as `other` says."""

    def __init__(self, why, name, file, one=None, other=None):
        self.why, self.name, self.file = why, name, file
        self.one, self.other = one, other

    def pick_name(self, history):
        return (self.other if history is self.one else self.name)(history)

    def pick_file(self, file):
        if file.is_durable():
            return file.contents[0], file.modes[0]
        return (self.other if file is self.one else self.file)(file)


def file_newest(file):
    return file.contents[-1], file.modes[-1]


def file_oldest(file):
    return file.contents[0], file.modes[0]


def file_grown(file):
    return file.grown(b"\0"), file.modes[-1]


def file_littered(file):
    return file.grown(b"\xa5"), file.modes[-1]


def undecided(disk):
    """The registers that a cut decides: histories of names, and files, of all
    that has a name in any state."""
    seen = {}

    def add(folder):
        for name, history in folder.names.items():
            if len(history) > 1:
                seen[id(history)] = (name, history)
            for thing in history:
                if isinstance(thing, Folder) and id(thing) not in seen:
                    seen[id(thing)] = None
                    add(thing)
                elif isinstance(thing, File) and not thing.is_durable():
                    seen[id(thing)] = ("content of " + name, thing)
    add(disk.root)
    return [entry for entry in seen.values() if entry]


KEPT = Cut("all kept", newest, file_newest)


def cuts(disk, dice, count):
    yield KEPT
    yield Cut("all lost", oldest, file_oldest)
    yield Cut("names only", newest, file_oldest)
    yield Cut("names and sizes", newest, file_grown)
    yield Cut("names and sizes over what was on the disk", newest,
              file_littered)
    yield Cut("data without names", oldest, file_newest)
    for what, one in undecided(disk):
        is_file = isinstance(one, File)
        kept = file_newest if is_file else newest
        lost = file_oldest if is_file else oldest
        yield Cut("kept alone: " + what, oldest, file_oldest, one, kept)
        yield Cut("lost alone: " + what, newest, file_newest, one, lost)
        for thing in [] if is_file else one[1:-1]:
            yield Cut("what it led to between: " + what, newest, file_newest,
                      one, lambda _, thing=thing: thing)
        if is_file:
            yield Cut("under all names, kept alone: " + what, newest,
                      file_oldest, one, kept)
            yield Cut("sized alone: " + what, newest, file_newest, one,
                      file_littered)
    for number in range(count):
        yield random_cut(number, dice)


def random_cut(number, dice):
    files = {}

    def pick_file(file):
        if id(file) not in files:
            content = dice.choice((oldest, newest, dice.choice, None))
            files[id(file)] = (content(file.contents) if content
                               else file.torn(dice), dice.choice(file.modes))
        return files[id(file)]

    names = {}

    def pick_name(history):
        if id(history) not in names:
            names[id(history)] = dice.choice((oldest, newest, dice.choice))(
                history)
        return names[id(history)]
    return Cut("random %d" % number, pick_name, pick_file)


def state_of(disk, cut):
    """path -> (mode, content; None for a folder; which file or folder it is)"""
    state = {}
    for path, thing in walk(disk.root, cut.pick_name):
        if isinstance(thing, Folder):
            state[path] = (thing.mode, None, thing)
        else:
            content, mode = cut.pick_file(thing)
            state[path] = (mode, content, thing)
    return state


def write_state(state, folder):
    os.mkdir(folder)
    written = {}
    for path, (mode, content, thing) in sorted(state.items()):
        at = os.path.join(folder, path)
        if content is None:
            os.mkdir(at)
        elif written.setdefault(thing, at) != at:
            os.link(written[thing], at)
        else:
            with open(at, "wb") as file:
                file.write(content)
        os.chmod(at, stat.S_IMODE(mode))
