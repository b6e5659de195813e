"""Asking the memory for an array element before it is needed."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Start to load `array[index]`, first axis, into the nearest cache; no element need exist."""
    del typing_context, index
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
        builder.call(function, [address, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return signature, generate
