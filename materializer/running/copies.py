"""Use other copies of refused images: files with the same file_id that a scan found elsewhere."""

from collections.abc import Iterable, Mapping
from itertools import count

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.remote import Root
from indexer.containers.from_manifest import stored_container
from indexer.containers.models import Container
from indexer.manifest.store import Store
from materializer.models import Refusal, Shard
from materializer.planning.substitution import CheckRows
from materializer.running.preflight import unavailable


class Copies:
    """The copies of one build's images. ``containers`` are those of the build; those of copies are added."""

    def __init__(
        self, store: Store, roots: Mapping[str, Root], containers: dict[int, Container], check: CheckRows
    ) -> None:
        self._store, self._roots, self._containers, self._check = store, roots, containers, check

    def use(self, shard: Shard, refused: Iterable[Refusal]) -> tuple[Refusal, ...]:
        """Return the refused rows of a shard without a sound copy; the others are read from their copies from now on.

        Copies are tried in the manifest's order, so the result does not depend on the workers.
        """
        left = {refusal.position: refusal for refusal in refused}
        for attempt in count(1):
            given = {"split": shard.split, "shard": shard.index, "positions": list(left), "attempt": attempt}
            copies = self._store.arrow("plan/copies", given)
            if not copies.num_rows:
                break
            readable = self._readable(copies)
            bad = self._check(readable) if readable.num_rows else {}
            sound = readable.filter(pc.invert(pc.is_in(readable["position"], pa.array(list(bad), pa.int64()))))
            with self._store.registered("incoming_copies", sound):
                self._store.append("plan_copies", "plan/chosen_copies")
            for position in sound["position"].to_pylist():
                del left[position]
        return tuple(refusal for _, refusal in sorted(left.items()))

    def _readable(self, copies: pa.Table) -> pa.Table:
        """Add the containers of copies and of their companions; return the copies whose containers are unchanged."""
        needed = [
            {own, *(one["container_id"] for one in companions or () if one["refusal"] is None)}
            for own, companions in zip(
                copies["container_id"].to_pylist(), copies["companions"].to_pylist(), strict=True
            )
        ]
        numbers = {"numbers": sorted(set().union(*needed))}
        rows = self._store.arrow("plan/copy_containers", numbers).to_pylist()
        found = {
            row["container_id"]: stored_container(self._roots[row["source"]], row)
            for row in rows
            if row["source"] in self._roots
        }
        present = {number: found[number] for number in found.keys() - set(unavailable(found))}
        self._containers.update({number: present[number] for number in present.keys() - self._containers.keys()})
        usable = present.keys() | {number for number in self._containers if number < 0}  # spill files
        return copies.filter(pa.array([own <= usable for own in needed], pa.bool_()))
