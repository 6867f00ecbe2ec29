"""One job: run Keystone on a folder's database and keys, on loopback, until standard input ends.

  serve.py FOLDER [--port PORT] [--token-seconds N]

Prints the address, http://127.0.0.1:PORT, once it answers.
"""

import argparse
import os
import pathlib
import sys
import threading

CONFIGURATION = """\
[DEFAULT]
public_endpoint = {address}
log_file = {folder}/keystone.log
use_stderr = false
[database]
connection = sqlite:///{folder}/keystone.db
[fernet_tokens]
key_repository = {folder}/fernet-keys
[credential]
key_repository = {folder}/credential-keys
[token]
expiration = {seconds}
[identity]
# bcrypt at its lowest: what is tested is not how passwords are kept.
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
"""


def configure(folder, address, seconds=3600):
    """Writes the folder's configuration; its path."""
    folder = pathlib.Path(folder).resolve()
    path = folder / "keystone.conf"
    path.write_text(CONFIGURATION.format(folder=folder, address=address, seconds=seconds))
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(path)
    return path


def application():
    """Keystone as a WSGI application, by the configuration that was written last."""
    # The program's own arguments are not oslo.config's.
    sys.argv = sys.argv[:1]
    from keystone.wsgi import api

    return api.application


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token-seconds", type=int, default=3600)
    asked = parser.parse_args()

    import socket

    listener = socket.create_server(("127.0.0.1", asked.port))
    address = "http://127.0.0.1:%d" % listener.getsockname()[1]
    configure(asked.folder, address, asked.token_seconds)

    import waitress

    # One request after another: two that write at once do not wait for each other on SQLite.
    server = waitress.create_server(application(), sockets=[listener], threads=1)

    def until_the_end():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=until_the_end, daemon=True).start()
    print(address, flush=True)
    server.run()


if __name__ == "__main__":
    main()
