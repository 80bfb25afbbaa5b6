"""Turns what was found into steps. Changes nothing."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from plumbline.provisioning.first_boot import first_boot_difference
from plumbline.provisioning.guard import NOTHING, Effect, effects_of_deletion, words_missing
from plumbline.provisioning.kinds import Key, ResourceChange, UnplannedObject, Want, is_protected
from plumbline.provisioning.labels import NEW, OBJECT, TOLD_VOLUME, USER_DATA, identity, labels_of
from plumbline.provisioning.lifecycle import makes, state_of
from plumbline.provisioning.plan import PlanStep
from plumbline.provisioning.prices import LivePrices, Price, minus, price_of_all, told_price
from plumbline.provisioning.servers import ServerKind, volume_exists
from plumbline.provisioning.tenant_objects import ODD, TenantObjects


class Planning(TenantObjects):
    """The steps from what is there to what is desired."""

    prices: LivePrices
    notes: list[str]
    """What is said and not changed: what cannot be read, and what is foreign."""

    def steps(self) -> list[PlanStep]:
        """What an apply would do, of what was looked at."""
        self.notes = []
        self.prices = LivePrices(self.project.api)
        self._foresee()
        for other in self.others_in_order():
            if other.kind == "server":  # of other kinds, what is in the way says so
                self._note_foreign((other.kind, str(other.bound.name)), other.bound)
        steps = [step for other in self.others_in_order() for step in self._leaving(other)]
        for key, want in self.wants.items():
            if key in self.blocked:
                steps.append(PlanStep("?", *key, self.blocked[key]))
            elif key not in self.project.held:
                steps.append(self._creation(key, want))
            else:
                changes = self.changes(key)
                steps += [self.step(key, change) for change in changes]
                # a replacement names what is in its way itself
                if not any(change.replaces for change in changes):
                    self._note_foreign(key, self.project.held[key])
        self.notes += self.prices.lacking()
        return steps

    def _foresee(self) -> None:
        """Which objects are to be made anew: others depend on them."""
        for key in self.wants:
            others_use_it = key[0] in ("network", "placement_group", "volume") and key in self.project.held
            anew = [change for change in self.changes(key) if change.replaces] if others_use_it else []
            if anew:
                done = any(self.step(key, change).done for change in anew)
                (self.project.renewed if done else self.project.waiting).add(key)
        self.notes.clear()

    def others_in_order(self) -> list[UnplannedObject]:
        """What is not desired, in the order in which it is deleted."""
        order = list(self.kinds)
        return sorted(
            self.project.others,
            key=lambda other: (-order.index(other.kind), str(other.bound.name), other.bound.id or 0),
        )

    def changes(self, key: Key) -> list[ResourceChange]:
        """What is not as desired of an object that is there; a replacement stands alone, because it fixes all."""
        kind, bound, want = self.kinds[key[0]], self.project.held[key], self.wants[key]
        try:
            if half := kind.half_made(self.project, bound):
                what = f"{half}; replace it"
                blocked = self._hindered(key, want)
                return [
                    ResourceChange(what, lambda: None, kind.effects_of_replacing({}), replaces=True, blocked=blocked)
                ]
            seen = kind.describe(self.project, bound)
            self.notes += [f"{key[0]} {key[1]}: {each}" for each in kind.unreadable(want, seen)]
            if key[0] != "ssh_key" and (reasons := kind.must_be_replaced(self.project, bound, want, seen)):
                return [self._replacement(key, want, seen, reasons)]
            if others := kind.brought_by_others(want, seen):
                self.notes.append(f"{key[0]} {key[1]}: {others}")
            return list(kind.changes(self.project, bound, want, seen))
        except ODD as error:
            self.notes.append(f"{key[0]} {key[1]} (#{bound.id}) has an unknown form, and is left alone: {error}")
            return []

    def _replacement(self, key: Key, want: Want, seen: Want, reasons: list[str]) -> ResourceChange:
        kind = self.kinds[key[0]]
        what = f"replace, for {', '.join(reasons)}{kind.price_of_another(self.project, want, seen)}"
        effects = kind.effects_of_replacing(seen)
        if isinstance(kind, ServerKind) and kind.choice(self.project, want).dearer:
            effects |= {Effect.COSTS_MORE}
        words = (key[1], *kind.users(self.project, self.project.held[key]))
        return ResourceChange(what, lambda: None, effects, words, replaces=True, blocked=self._hindered(key, want))

    def _hindered(self, key: Key, want: Want) -> str:
        """Why another object cannot take this one's place now; empty where it can."""
        kind, bound = self.kinds[key[0]], self.project.held[key]
        way = [*kind.in_the_way(self.project, bound), *kind.not_carried_over(self.project, bound)]
        return "; ".join(way) or kind.hindrance(self.project, want)

    def _note_foreign(self, key: Key, bound: Any) -> None:
        with suppress(*ODD):  # of an object in an unknown form, `changes` has said so
            self.notes += self._foreign(key, bound)

    def _foreign(self, key: Key, bound: Any) -> list[str]:
        """What foreign objects are in an object, or on it, in words."""
        if key[0] == "server":
            public = bound.public_net
            attached = [("volume", each.id) for each in bound.volumes or []]
            attached += [("network", each.network.id) for each in bound.private_net or []]
            attached += [("firewall", each.firewall.id) for each in (public.firewalls if public else None) or []]
            if bound.placement_group:
                attached.append(("placement_group", bound.placement_group.id))
            strange = [f"{kind} #{id}" for kind, id in attached if self.project.word_for(kind, id) is None]
            return (
                [f"server {key[1]} has {', '.join(sorted(strange))}, not this tenant's: left alone"] if strange else []
            )
        return [f"{key[0]} {key[1]}: {each}; left alone" for each in self.kinds[key[0]].in_the_way(self.project, bound)]

    def step(self, key: Key, change: ResourceChange, verb: str = "apply") -> PlanStep:
        """A change as a line of the plan."""
        id = getattr(self.project.held.get(key), "id", None)
        effects = tuple(sorted(effect.value for effect in change.effects))
        needs = words_missing(change.effects, change.words or (key[1],), self.allowed, verb)
        if change.blocked and not needs:
            return PlanStep("?", *key, f"{change.what}: {change.blocked}", 0.0, id, effects)
        mark = "!" if needs else "~"
        return PlanStep(mark, *key, change.what, self._price_of(key, change), id, effects, needs, change.replaces)

    def _price_of(self, key: Key, change: ResourceChange) -> Price:
        if change.replaces:
            new = self.prices.of_new(key, self.wants[key], self._type_of(key))
            return price_of_all(new, minus(self.prices.of(key[0], self.project.held[key])))
        if key[0] == "volume" and Effect.COSTS_MORE in change.effects:
            bound, want = self.project.held[key], self.wants[key]
            return self.prices.of_gb(want["size_gb"] - bound.size)
        return change.price

    def _type_of(self, key: Key) -> Price:
        kind = self.kinds[key[0]]
        return kind.choice(self.project, self.wants[key]).price if isinstance(kind, ServerKind) else 0.0

    def _creation(self, key: Key, want: Want) -> PlanStep:
        kind = self.kinds[key[0]]
        if hindrance := kind.hindrance(self.project, want) or self._lost(key):
            return PlanStep("?", *key, hindrance, needs=() if key[0] != "volume" else (key[1],))
        price = self.prices.of_new(key, want, self._type_of(key))
        if not isinstance(kind, ServerKind):
            return PlanStep("+", *key, "make", price)
        choice = kind.choice(self.project, want)
        what = f"make, {choice.type}" + (f", for {choice.dearer}" if choice.dearer else "")
        dearer = (Effect.COSTS_MORE.value,) if choice.dearer else ()
        if choice.dearer and key[1] not in self.allowed:
            return PlanStep("?", *key, choice.dearer, price, effects=dearer, needs=(key[1],))
        effects = {Effect.STOPS, Effect.DETACHES}
        for thing, (other, word) in (
            (want["volume"], kind.holder_of_volume(self.project, None, want)),
            (want["address"], kind.holder_of_address(self.project, None, want)),
        ):
            if other is not None and word is None:
                return PlanStep(
                    "?", *key, f"needs {thing}, which server #{other.id} has, and that is not this tenant's"
                )
            if other is not None and (needs := words_missing(frozenset(effects), (str(word),), self.allowed)):
                return PlanStep(
                    "?", *key, f"needs {thing}, which server {other.name} (#{other.id}) has", price, needs=needs
                )
        return PlanStep("+", *key, what, price, effects=dearer)

    def _lost(self, key: Key) -> str:
        """Why another volume would stand in the place of one that a server was told; empty where none was told."""
        if key[0] != "volume" or key[1] in self.allowed:
            return ""
        for word, bound in self.project.owned("server"):
            # one that is not desired any more had this volume, unless it was told another that is known
            want, told = self.wants.get(("server", word)), labels_of(bound).get(TOLD_VOLUME, "")
            if want["volume"] != key[1] if want else self._is_another_volume(told, key[1]):
                continue
            if want and not told and not first_boot_difference(labels_of(bound), want[USER_DATA]):
                return (
                    f"server {word} was given a volume, but its label {TOLD_VOLUME} is gone, so nobody "
                    "knows which one; a new one would be empty: restore the label, or create another with "
                    f"--allow {key[1]}"
                )
            if told:
                fate = self._fate_of_volume(told, key[1])
                return f"server {bound.name} was given volume #{told}, which {fate}; a new one would be empty: --allow {key[1]} creates it"
        return ""

    def _is_another_volume(self, id: str, name: str) -> bool:
        """Whether an id is that of a volume of the tenant that is known not to be the one with this desired name."""
        known = [bound for (kind, _), bound in self.project.held.items() if kind == "volume"]
        known += [
            other.bound
            for other in self.project.others
            if other.kind == "volume" and labels_of(other.bound).get(OBJECT, identity(name)) != identity(name)
        ]
        return id in {str(bound.id) for bound in known}

    def _fate_of_volume(self, id: str, name: str) -> str:
        """What has become of a volume that is not known as the desired one any more, and what would help."""
        for other in self.project.others:
            if other.kind == "volume" and str(other.bound.id) == id:
                return f"is there as {other.bound.name}: give it back the label {OBJECT}={identity(name)}"
        if volume_exists(self.project, id):
            return "exists without this tenant's labels: restore its labels"
        return "is gone: restore it"

    def _not_ready(self, key: Key) -> str:
        """Why an object cannot take another's place, after all that an apply may do to it; empty where it can."""
        if key not in self.project.held:
            return self.blocked.get(key, "it does not exist")
        kind, notes = self.kinds[key[0]], len(self.notes)
        steps = [self.step(key, change) for change in self.changes(key)]
        del self.notes[notes:]
        try:
            reasons = [kind.in_flux(self.describe(key))]
        except ODD:
            reasons = ["it has an unknown form"]
        return "; ".join(filter(None, [*reasons, *(step.what for step in steps if not step.done)]))

    def _not_serving_yet(self, other: UnplannedObject) -> list[str]:
        """Desired servers that have not served yet, while one that has, or the volume that another replaced, is to be deleted."""
        served = other.kind == "server" and NEW not in labels_of(other.bound)
        if not (served or (other.kind == "volume" and other.successor)) or not makes(self.desired):
            return []
        servers = [key for key in self.wants if key[0] == "server"]
        return [key[1] for key in servers if key not in self.project.held or NEW in labels_of(self.project.held[key])]

    def _leaving(self, other: UnplannedObject) -> Iterator[PlanStep]:
        """The deletion of what is not desired."""
        kind, bound = self.kinds[other.kind], other.bound
        if waits := self._not_serving_yet(other):
            cost = told_price(self.prices.of(other.kind, bound))
            self.notes.append(
                f"{other.kind} {bound.name} (#{bound.id}) is kept, {cost}, until a roll-out to {' and '.join(waits)} is recorded: "
                "what has served is not deleted before the one in its place serves"
            )
            return
        users = kind.users(self.project, bound)
        effects = effects_of_deletion(other.kind, bool(is_protected(bound))) | ({Effect.DETACHES} if users else NOTHING)
        needs = words_missing(effects, (other.word, *users), self.allowed)
        why = "another takes its place" if other.successor else "the spec no longer has it"
        if not makes(self.desired):
            why = f"the tenant is {state_of(self.desired)}"
        words = tuple(sorted(effect.value for effect in effects))
        price = minus(self.prices.of(other.kind, bound))
        key = (other.kind, str(bound.name))
        way = kind.in_the_way(self.project, bound)
        if other.successor and (reason := self._not_ready((other.kind, other.word))):
            way.append(f"the one that takes its place is not ready: {reason}")
        if way and not needs:
            yield PlanStep("?", *key, f"delete (#{bound.id}), for {why}: {'; '.join(way)}", 0.0, bound.id, words)
        else:
            yield PlanStep(
                "!" if needs else "-", *key, f"delete (#{bound.id}), for {why}", price, bound.id, words, needs
            )
