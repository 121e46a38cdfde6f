"""What the property tests of CapSet do not say: spellings, errors, and the contract's examples."""

from __future__ import annotations

import weakref
from html import escape

import pytest

from capset import LAST_CAP, Cap, CapSet, CapState, UnknownCapabilityError, display
from capset.display.judging import risky
from capset.errors import FormatError, MaskError
from capset.summary import UNDEFINED, counted, summary


def test_str_and_repr():
    """Text that setcap and capsh take too, and a repr that evaluates."""
    a = CapSet([Cap.KILL, "chown"])

    assert str(a) == "CAP_CHOWN,CAP_KILL"
    assert repr(a) == "CapSet.parse('CAP_CHOWN,CAP_KILL')"
    assert (str(CapSet()), repr(CapSet())) == ("", "CapSet()")
    assert str(CapSet([63, 0])) == "CAP_CHOWN,63"
    assert f"{a}|{a:>20}|{a:x}|{a:#b}|{a:d}" == "CAP_CHOWN,CAP_KILL|  CAP_CHOWN,CAP_KILL|21|0b100001|33"


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("", 0),
        (" ,, \n\t", 0),
        ("CAP_CHOWN", 1),
        ("chown,Kill", 0x21),
        ("chown KILL\n 63", 1 << 63 | 0x21),
        ("kill,,kill,", 0x20),
        ("all", 2**41 - 1),
        ("ALL,63", 1 << 63 | 2**41 - 1),
        ("aLL", 2**41 - 1),
        ("0x0", 0),
        (" 0XFF ", 255),
        ("0xffffffffffffffff", 2**64 - 1),
    ],
)
def test_parse(text, mask):
    """Lists of every kind, all, and masks."""
    assert CapSet.parse(text).mask == mask


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("chown,chwon", UnknownCapabilityError, "'chwon': did you mean CAP_CHOWN"),
        ("a80425fb", UnknownCapabilityError, "with 0x in front"),
        ("00000000a80425fb", UnknownCapabilityError, "with 0x in front"),
        ("3000", UnknownCapabilityError, "with 0x in front"),
        ("0x", MaskError, "1 to 16 hexadecimal digits"),
        ("0x10000000000000000", MaskError, "1 to 16 hexadecimal digits"),
        ("0x1_0", MaskError, "1 to 16 hexadecimal digits"),
        ("0x1,chown", UnknownCapabilityError, "'0x1'"),
        ("-chown", UnknownCapabilityError, "'-chown'"),
    ],
)
def test_parse_refuses(text, error, message):
    """Nothing is skipped: what is no capability is named."""
    with pytest.raises(error, match=message):
        CapSet.parse(text)


@pytest.mark.parametrize("text", ["", "0x1", "g", "-1", "+1", "1_0", " 1", "1 ", "1\n", "0" * 17, "٣", "1" * 10**6])
def test_from_hex_takes_digits_alone(text):
    """int() would take most of these."""
    with pytest.raises(MaskError) as raised:
        CapSet.from_hex(text)
    assert raised.value.value == text
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("mask", [-1, 2**64, pytest.param(10**5000, id="huge")])
def test_masks_have_64_bits(mask):
    """The error names the value and the bounds."""
    with pytest.raises(MaskError, match="from 0 to 2"):
        CapSet.from_mask(mask)


@pytest.mark.parametrize(
    "mask", [True, 1.0, "1", None, Cap.KILL, b"1", [], "A" * 10**6], ids=lambda mask: repr(mask)[:9]
)
def test_a_mask_is_an_int(mask):
    """Neither a bool nor a float, nor a capability, whose mask is another number."""
    CapSet.from_mask(1)  # 1 == True == 1.0: what is kept for one must not answer for the others

    with pytest.raises(TypeError, match="a mask is an int") as raised:
        CapSet.from_mask(mask)
    assert len(str(raised.value)) < 300


class Index:
    """An integer that is no int, as numpy's are."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def test_integers_of_others_are_integers():
    """Masks live in arrays too."""
    changing = Index(1)
    assert CapSet.from_mask(changing).mask == 1
    changing.value = 2
    assert CapSet.from_mask(changing).mask == 2
    assert CapSet.from_mask(Index(2**64 - 1)).mask == 2**64 - 1
    assert type(CapSet.from_mask(Index(5)).mask) is int
    assert CapSet([Index(5)]) == {Cap.KILL}


def test_all_needs_a_universe():
    """By default the table's; otherwise what is given."""
    assert CapSet.all() == CapSet.all(LAST_CAP) == set(Cap)
    assert CapSet.all(last_cap=0) == {0}
    assert CapSet.all(last_cap=Cap(63)).mask == 2**64 - 1
    with pytest.raises(UnknownCapabilityError):
        CapSet.all(last_cap=64)
    for last_cap in ("kill", True, 40.0):
        with pytest.raises(TypeError):
            CapSet.all(last_cap)


@pytest.mark.parametrize(
    ("caps", "remedy"),
    [
        ("CAP_KILL", r"CapSet\.parse"),
        (b"CAP_KILL", r"CapSet\.parse"),
        (bytearray(b"\x05"), r"CapSet\.parse"),
        (True, "got True$"),
        pytest.param(10**5000, r"CapSet\.from_mask", id="huge"),
        (5, r"CapSet\.from_mask"),
        (Cap.KILL, r"CapSet\(\[Cap\.KILL\]\)"),
        ([5.0], "name, got 5.0"),
        ([True], "name, got True"),
        ([None], "name, got None"),
        (None, "got None$"),
    ],
)
def test_the_constructor_says_what_to_use_instead(caps, remedy):
    """The usual mistakes lead to the right way in."""
    with pytest.raises(TypeError, match=remedy):
        CapSet(caps)


@pytest.mark.parametrize("caps", [[64], [-1], ["64"], ["nonsense"], {"CAP_KILL": 1, "x": 2}])
def test_the_constructor_refuses_what_is_no_capability(caps):
    """Also among good ones."""
    with pytest.raises(UnknownCapabilityError):
        CapSet(caps)


def test_membership():
    """A name that is no capability raises: a typo must not look like a missing privilege."""
    a = CapSet.parse("kill,63")

    assert "CAP_KILL" in a
    assert "kill" in a
    assert "63" in a
    assert 63 in a
    assert "chown" not in a
    assert 64 not in a
    with pytest.raises(UnknownCapabilityError, match="did you mean CAP_KILL"):
        _ = "CAP_KIL" in a
    with pytest.raises(TypeError, match="unhashable"):
        _ = [] in a


def test_views_of_a_dict():
    """On the right they are sets of names as others; on the left Python's own view decides, as the class says."""
    a, view = CapSet.parse("kill,chown"), {"CAP_KILL": 1}.keys()

    assert a & view == CapSet(["kill"])
    assert a - view == CapSet(["chown"])
    assert view & a == set()
    assert "keys()" in CapSet.__doc__


class Shifted:
    """Something that can be shifted by, and makes what is no number of it, as an array does."""

    __hash__ = None

    def __rrshift__(self, bits):
        return self

    def __and__(self, bit):
        return self

    def __eq__(self, other):
        return True


def test_what_is_no_number_is_no_member():
    """Whatever its operators give: the answer is that of frozenset."""
    numpy = pytest.importorskip("numpy", reason="needs numpy (pip install 'capset[frames]')")
    for item in (Shifted(), numpy.array([5]), numpy.array([5, 6])):
        with pytest.raises(TypeError, match="unhashable"):
            _ = item in frozenset(CapSet([5]))
        with pytest.raises(TypeError, match="unhashable"):
            _ = item in CapSet([5])
    assert numpy.int64(5) in CapSet([5])
    assert numpy.uint64(6) not in CapSet([5, 63])


def test_operators_take_sets_alone():
    """As with frozenset, an operator does not take a list; a named method does."""
    a = CapSet.parse("kill")
    for operate, method in (
        (lambda other: a | other, "union"),
        (lambda other: other | a, "union"),
        (lambda other: a & other, "intersection"),
        (lambda other: a - other, "difference"),
        (lambda other: a ^ other, "symmetric_difference"),
        (lambda other: other - a, "difference"),
        (lambda other: a <= other, "issubset"),
        (lambda other: a < other, "issubset"),
        (lambda other: a >= other, "issuperset"),
        (lambda other: a > other, "issuperset"),
    ):
        with pytest.raises(TypeError, match=rf"takes a set, got \['chown'\]; {method}\(\) takes every iterable"):
            operate(["chown"])
        with pytest.raises(TypeError, match=r"takes a set, got 'chown'; \{'chown'\} is a set of one"):
            operate("chown")
        with pytest.raises(TypeError, match="it is no single set; take one of those that it has"):
            operate(CapState())
        with pytest.raises(TypeError, match=r"unsupported operand|not supported between"):
            operate(iter(["chown"]))
    assert a != ["kill"]
    assert a.union(["chown"]) == {0, 5}


def test_operators_refuse_what_is_no_capability():
    """A set of something else cannot be mixed in silently."""
    with pytest.raises(UnknownCapabilityError):
        _ = CapSet() | {"nonsense"}
    with pytest.raises(TypeError, match="got None"):
        _ = {None} - CapSet()
    with pytest.raises(TypeError, match=r"CapSet\.parse"):
        CapSet().union("kill")


def test_a_set_of_names_is_not_equal():
    """Equal sets have equal hashes, and names hash like names."""
    assert CapSet.parse("kill") != {"CAP_KILL"}


def test_it_never_changes():
    """Neither attributes nor operators change a set."""
    a = before = CapSet.parse("kill")

    for change in (
        lambda: setattr(a, "mask", 0),
        lambda: setattr(a, "_bits", 0),
        lambda: setattr(a, "new", 0),
        lambda: delattr(a, "_bits"),
    ):
        with pytest.raises(AttributeError):
            change()
    a |= {"chown"}
    assert before == {5}
    assert a == {0, 5}


def test_it_is_a_value_type():
    """No subclasses; weak references as frozenset has them."""
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Mine", (CapSet,), {})
    assert weakref.ref(CapSet())() is not None


def test_names_and_unknown():
    """Numbers stand in for names that do not exist yet."""
    a = CapSet([41, 63, 40])

    assert a.names() == ["CAP_CHECKPOINT_RESTORE", "41", "63"]
    assert a.unknown == {41, 63}
    assert not CapSet.all().unknown


def test_diff_takes_any_iterable():
    """What turns a set into the given capabilities."""
    assert str(CapSet.parse("kill").diff(["chown"])) == "+CAP_CHOWN -CAP_KILL"


@pytest.mark.parametrize("method", ["parse", "from_hex"])
@pytest.mark.parametrize("value", [5, None, b"1", pytest.param(10**5000, id="huge")])
def test_text_is_str(method, value):
    """Text means str."""
    with pytest.raises(TypeError, match="as str"):
        getattr(CapSet, method)(value)


def test_order_comparisons_read_names():
    """A subset test that quietly says no to a name, or to a typo, would hide a privilege."""
    a = CapSet.parse("kill,chown")

    assert a >= {"kill"}
    assert a > {"kill"}
    assert {"kill"} <= a
    assert a <= {"KILL", "CAP_CHOWN", "net_raw"}
    assert a < {"KILL", "CAP_CHOWN", "net_raw"}
    assert not a < {"kill", "chown"}
    assert a <= {"kill", 0, None}
    with pytest.raises(UnknownCapabilityError, match="did you mean CAP_KILL"):
        _ = a >= {"kil"}


def test_from_names():
    """It is looked for, and is no attribute that a list shows."""
    with pytest.raises(AttributeError, match=r"CapSet\(names\) takes a list, CapSet.parse\(text\) a text"):
        CapSet.from_names(["kill"])
    assert "from_names" not in {*dir(CapSet), *dir(CapSet())}
    assert not hasattr(CapSet(), "from_names")


@pytest.mark.parametrize(
    ("mask", "first", "line"),
    [
        ("ffffffffffffffff", 37, "all up to no. 36, and every bit from 37 on"),
        ("fffffff0000000c0", 37, "CAP_SETGID, CAP_SETUID, and every bit from 36 on"),
        ("fffffffc00000000", 37, "every bit from 34 on"),  # 2.6.32, with none of its own
        ("ffffffe000000000", 37, "every bit from 37 on"),
        (
            "fffffffffffffeff",
            37,
            "all up to no. 36 but CAP_SETPCAP, and every bit from 37 on",
        ),  # before 2.6.25
        ("fffffe0000000000", 41, "every bit from 41 on"),  # no old kernel: CAP_BPF could not be dropped there
        ("fffffe0000000001", 41, "CAP_CHOWN, and every bit from 41 on"),
        ("ffffff7fffffffff", 41, "all known but CAP_BPF, and every bit from 41 on"),
        ("7fffffffffffffff", None, "all known and no. " + ", ".join(map(str, range(41, 63)))),
        ("fffffdffffffffff", None, "all known and no. " + ", ".join(map(str, range(42, 64)))),
        ("0000020000000000", None, "41"),
        ("000001ffffffffff", None, "all known"),
        ("0000000000000000", None, "none"),
    ],
)
def test_bits_that_no_kernel_has(mask, first, line):
    """All of them together are what a kernel before 3.8 shows; one less is a kernel that is newer than capset."""
    caps, undefined = CapSet.from_hex(mask), first is not None

    assert caps.undefined == (CapSet.from_mask(2**64 - 2**first) if undefined else CapSet())
    assert caps.unknown == CapSet.from_mask(caps.mask >> 41 << 41)
    assert counted(caps).endswith(" bits") is undefined
    assert summary(caps) == line
    assert display.text(caps).split("\n") == [line, *[f"! {UNDEFINED}"] * undefined]
    assert (escape(UNDEFINED) in display.html(caps)) is undefined
    assert (escape(UNDEFINED) in display.html(CapState(bounding=caps))) is undefined
    assert display.text(CapState(inheritable=caps)).endswith(f"\n! {UNDEFINED}") is undefined
    for shown in (display.html(caps), display.text(caps)):
        assert "Newer than" not in shown or not undefined
    plain = caps.as_dict()
    assert plain.get("undefined", []) == caps.undefined.names()
    assert CapSet.from_dict(plain) == CapSet.from_dict({"mask": mask, "names": caps.names()}) == caps


def test_risks_of_bits_that_are_none():
    """No list warns of a capability that there was not."""
    assert risky(CapSet.all()) - risky(CapSet.from_mask(2**64 - 1)) == CapSet(["perfmon", "bpf"]) & risky(CapSet.all())


@pytest.mark.parametrize("undefined", [[], ["41"], "41", None, ["CAP_BPF"]])
def test_undefined_members_that_the_mask_does_not_have(undefined):
    full = CapSet.from_mask(2**64 - 1)
    with pytest.raises(FormatError, match=r"undefined: expected \['CAP_AUDIT_READ', 'CAP_PERFMON'"):
        CapSet.from_dict({**full.as_dict(), "undefined": undefined})
