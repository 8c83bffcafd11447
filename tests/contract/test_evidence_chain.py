# SPDX-License-Identifier: Apache-2.0
from edge.contract.evidence_chain import Head, Linked, chain_faults, fingerprint, genesis, next_link

DEVICE, EPOCH, KID = "cam-12", "k3v9q0", "key-1"


def chain(count: int, epoch: str = EPOCH) -> list[Linked]:
    """What a device signs one after the other."""
    head, made = None, []
    for number in range(1, count + 1):
        link = next_link(DEVICE, epoch, KID, head)
        token = f"{epoch}.{number}.{link.before}"
        head = Head.of(link, token)
        made.append(Linked(DEVICE, KID, f"case-{number}", link, fingerprint(token)))
    return made


def told(linked: list[Linked]) -> list[tuple[str, int, int]]:
    return [(fault.kind, fault.first, fault.last) for fault in chain_faults(linked)]


def test_a_whole_chain_has_no_fault_in_whatever_order_it_comes() -> None:
    """Cases may come in any order and several times; a new store begins a chain of its own."""
    whole = chain(5)
    assert told([*reversed(whole), *whole, *chain(2, "newer")]) == []


def test_a_removed_case_is_missed() -> None:
    """One that is taken out leaves its number; so do those at the beginning, of which the first is named by nobody."""
    whole = chain(6)
    assert told(whole[:2] + whole[4:]) == [("missing", 3, 4)]
    assert told(whole[1:]) == [("missing", 1, 1)]


def test_a_changed_case_breaks_the_chain_behind_it() -> None:
    """What was signed anew in the place of another is not what the next one follows."""
    whole = chain(3)
    swapped = Linked(DEVICE, KID, "forged", whole[1].link, "0" * 64)
    assert told([whole[0], swapped, whole[2]]) == [("broken", 2, 3)]
    (fault,) = chain_faults([whole[0], swapped, whole[2]])
    assert fault.cases == ("forged", "case-3")


def test_two_cases_of_one_number_are_a_fork() -> None:
    """A store set back to an older state signs its numbers again, and that shows."""
    whole = chain(3)
    again = Linked(DEVICE, KID, "again", whole[2].link, "1" * 64)
    assert told([*whole, again]) == [("forked", 3, 3)]


def test_the_first_case_names_device_store_and_key() -> None:
    """A chain that somebody began anew under the same name does not begin as the device's does."""
    (first,) = chain(1)
    foreign = Linked(DEVICE, "another-key", "case-1", first.link, first.sha256)
    assert told([foreign]) == [("no-beginning", 1, 1)]
    assert genesis(DEVICE, EPOCH, KID) != genesis(DEVICE, EPOCH, "another-key")
