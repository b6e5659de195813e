"""Asking the memory for an array element before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

AHEAD = 12
"""Elements to ask ahead by: a kernel that takes one vehicle after the other waits for memory more
than it computes."""
_LINE = 64  # bytes that the memory hands over at once


@intrinsic
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Start to load `array[index]`, first axis, into the nearest cache; no element need exist."""
    del typing_context, index
    return _asking(array, lambda _: [0])


@intrinsic
def prefetch_whole(typing_context: Any, array: Any, index: Any) -> Any:
    """As `prefetch`, for each line of the cache that the element lies on."""
    del typing_context, index
    return _asking(array, lambda size: [*range(0, size, _LINE), size - 1])


def _asking(array: Any, offsets: Callable[[int], list[int]]) -> Any:
    """The code that asks for the bytes at `offsets` (of an element of that size) of an element."""
    signature = types.void(array, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        held = context.make_array(kind)(context, builder, arguments[0])
        byte = ir.IntType(8)
        stride = cgutils.unpack_tuple(builder, held.strides)[0]
        base = builder.bitcast(held.data, byte.as_pointer())
        address = builder.gep(base, [builder.mul(arguments[1], stride)])
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word]),
            "llvm.prefetch.p0",
        )
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        for offset in offsets(size):
            at = builder.gep(address, [ir.Constant(ir.IntType(64), offset)])
            builder.call(function, [at, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return signature, generate
