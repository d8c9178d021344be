"""Writes a Tox profile in which the other side is a friend already, so that nobody has to ask for it.

profile.py OWN_NAME FRIEND'S_NAME FILE

A key is made of its name alone: so both sides know each other's, without having heard of it. Such keys protect nothing,
and are for a stage only. The profile is written by libtoxcore itself, since its format is nobody else's.
"""

import ctypes
import hashlib
import pathlib
import sys

SECRET_KEY = 2  # TOX_SAVEDATA_TYPE_SECRET_KEY
NOT_ADDED = 0xFFFFFFFF

tox = ctypes.CDLL("libtoxcore.so.2")
tox.tox_options_new.restype = ctypes.c_void_p
tox.tox_new.restype = ctypes.c_void_p
tox.tox_get_savedata_size.restype = ctypes.c_size_t
tox.tox_friend_add_norequest.restype = ctypes.c_uint32


def person(name):
    """A Tox of that name, not connected to anything."""
    key = hashlib.sha256(b"muteproof " + name.encode()).digest()
    options = ctypes.c_void_p(tox.tox_options_new(None))
    tox.tox_options_set_udp_enabled(options, ctypes.c_bool(False))
    tox.tox_options_set_local_discovery_enabled(options, ctypes.c_bool(False))
    tox.tox_options_set_savedata_type(options, ctypes.c_int(SECRET_KEY))
    tox.tox_options_set_savedata_data(options, key, ctypes.c_size_t(len(key)))
    made = tox.tox_new(options, None)
    if not made:
        sys.exit("libtoxcore made no profile")
    made = ctypes.c_void_p(made)
    tox.tox_self_set_name(made, name.encode(), ctypes.c_size_t(len(name)), None)
    return made


def main():
    own, friend, path = sys.argv[1:]
    me = person(own)
    public = ctypes.create_string_buffer(32)
    tox.tox_self_get_public_key(person(friend), public)
    if tox.tox_friend_add_norequest(me, public, None) == NOT_ADDED:
        sys.exit("libtoxcore added no friend")
    saved = ctypes.create_string_buffer(tox.tox_get_savedata_size(me))
    tox.tox_get_savedata(me, saved)
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(saved.raw)


main()
