# SPDX-License-Identifier: Apache-2.0
"""The topic tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.topics import Down, Topic, TopicError, Topics, Up
from edge.contract.words import Lane

NAMES = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)
LEVEL = st.from_regex(r"[^/+#\n]{1,9}", fullmatch=True)
ROOTS = st.lists(LEVEL, min_size=1, max_size=3).map("/".join)
CHANNELS = st.sampled_from([*Lane, *Up, *Down])


@given(ROOTS, NAMES, CHANNELS)
def test_what_is_built_is_parsed_back(root: str, name: str, channel: Lane | Up | Down) -> None:
    """A device's topic says its device and channel again, whatever the root, and is three levels longer."""
    topics = Topics(root)
    built = topics.down(name, channel) if isinstance(channel, Down) else topics.up(name, channel)
    assert topics.parse(built) == Topic(channel, device=name)
    assert built.count("/") == root.count("/") + 3


@given(ROOTS, NAMES)
def test_a_groups_commands_are_told_apart_from_a_devices(root: str, group: str) -> None:
    """Commands to @group parse to the group and to no device."""
    topics = Topics(root)
    assert topics.parse(topics.group_command(group)) == Topic(Down.COMMAND, group=group)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "dt/1",
        "dt/1/",
        "dt/1/a/up",
        "dt/1/a/up/state/more",
        "dt/2/a/up/state",
        "xdt/1/a/up/state",
        "dt/1/a/up/ack",
        "dt/1/a/down/state",
        "dt/1/a/sideways/state",
        "dt/1/A/up/state",
        "dt/1//up/state",
        "dt/1/@poles/up/state",
        "dt/1/@poles/down/ack",
        "dt/1/@/down/command",
        "dt/1/a\n/up/state",
        "dt/1/" + "a" * 65 + "/up/state",
    ],
)
def test_a_topic_outside_the_contract_is_refused(topic: str) -> None:
    """Other roots, levels, channels, directions and names are errors, never a wrong device."""
    with pytest.raises(TopicError):
        Topics().parse(topic)


@given(st.text(max_size=30))
def test_no_text_parses_to_something_else(text: str) -> None:
    """Whatever parses is exactly what would have been built."""
    topics = Topics("dt/1")
    try:
        topic = topics.parse(f"dt/1/{text}")
    except TopicError:
        return
    who = f"@{topic.group}" if topic.group else topic.device
    way = "down" if isinstance(topic.channel, Down) else "up"
    assert text == f"{who}/{way}/{topic.channel.value}"


def test_wildcards_hear_every_device_and_all_that_is_meant_for_one() -> None:
    """A hub subscribes once, and so does a device; a broker's access list needs no more."""
    assert Topics().everything_up() == "dt/1/+/up/+"
    assert Topics().everything_down("pole-7") == "dt/1/pole-7/down/+"
