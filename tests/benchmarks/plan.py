"""What one run measures and where; handed from the runner to each measurement's process as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """
    scratch   a folder on the disk that is measured
    programs  folder of the server's programs; socket: folder of its socket
    database  name of the database under measurement
    rounds    interleaved rounds; seconds: length of a slice
    rows      entries of the large batches, and leaves of the large log
    hordak_python, hordak_url   the comparison's environment and database; empty leaves it out
    """

    scratch: str
    programs: str
    socket: str
    database: str
    rounds: int
    seconds: float
    rows: int
    hordak_python: str = ""
    hordak_url: str = ""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        return cls(**json.loads(path.read_text()))
