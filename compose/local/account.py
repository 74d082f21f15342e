"""The account PostgreSQL runs under: it refuses to serve as root.

As root we hand it to the owner of its folder, which is `nobody` for a folder we make. Nobody may not enter a folder
such as /root, and opening that folder to everyone is not ours to do. So where the way is closed the server keeps one
capability, CAP_DAC_OVERRIDE, which walks through without changing anything. It needs `no_setuid_fixup` beside it:
PostgreSQL looks for its own files with access(2), which otherwise ignores the capabilities of ordinary users.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from compose.local.refusal import Refusal

_PASS_CLOSED_FOLDERS = [
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--securebits=+no_setuid_fixup",
]
_INSTEAD = "Use an ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."


class Account:
    def __init__(self, folder: Path) -> None:
        """The folder is made if need be, for its owner alone."""
        self.uid = self.gid = -1
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat()
        if os.geteuid() != 0:
            if owner.st_uid != os.geteuid():
                raise Refusal(
                    f"{folder} belongs to another user. Choose another folder: DATA_DIR=... make run"
                )
        elif owner.st_uid != 0:
            self.uid, self.gid = owner.st_uid, owner.st_gid
        elif any(folder.iterdir()):
            raise Refusal(
                f"{folder} holds files that are not ours. Choose another folder: DATA_DIR=... make run"
            )
        else:
            nobody = pwd.getpwnam("nobody")
            self.uid, self.gid = nobody.pw_uid, nobody.pw_gid
            self.own(folder)

    def own(self, path: Path) -> None:
        if self.uid < 0:
            return
        try:
            os.chown(path, self.uid, self.gid)
        except PermissionError as error:
            raise Refusal(
                f"PostgreSQL refuses to run as root, and files cannot change hands here ({error}). {_INSTEAD}"
            ) from error

    def prefix(self, *, program: Path, folder: Path) -> list[str]:
        """What to put before a command so that it runs as this account and reaches both, with the least rights that do."""
        if self.uid < 0:
            return []
        if not (setpriv := shutil.which("setpriv")):
            raise Refusal(
                "PostgreSQL refuses to run as root and there is no setpriv here to run it as somebody else. "
                f"Install util-linux, or: {_INSTEAD}"
            )
        switch = [setpriv, f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        test = ["test", "-x", str(program), "-a", "-w", str(folder)]
        failure = ""
        for rights in ([], _PASS_CLOSED_FOLDERS):
            trial = subprocess.run(
                [*switch, *rights, "--", *test], capture_output=True, text=True, check=False, cwd="/"
            )
            if trial.returncode == 0:
                return [*switch, *rights, "--"]
            failure = trial.stderr.strip()
        raise Refusal(
            f"PostgreSQL refuses to run as root, and user {self.uid} cannot reach {folder} and {program} from here"
            f"{f' ({failure})' if failure else ''}. Let others enter those folders, or: {_INSTEAD}"
        )
