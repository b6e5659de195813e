"""Taking the bits of a mask one by one."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def lowest(typing_context: Any, bits: Any) -> Any:
    """Position of the lowest bit of a word of 64 bits, which is one instruction; 64 of 0."""
    del typing_context

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(bits), generate
