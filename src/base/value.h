/* value.h: the types in which numbers are stored, and reading any of them as float32.
 *
 * Integers beyond 2^24 and doubles are rounded to nearest once. Runs of values need no alignment: a
 * mapped file may put them anywhere. Threads: any.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_U8,
    VALUE_F32,
    VALUE_I8,
    VALUE_U16,
    VALUE_I16,
    VALUE_U32,
    VALUE_I32,
    VALUE_U64,
    VALUE_I64,
    VALUE_F64,
    N_VALUE_TYPES
};

/* Numbers at any address, in memory that was written as another type. */
typedef float loose_f32 __attribute__((aligned(1), may_alias));
typedef double loose_f64 __attribute__((aligned(1), may_alias));
typedef uint16_t loose_u16 __attribute__((aligned(1), may_alias));
typedef int16_t loose_i16 __attribute__((aligned(1), may_alias));
typedef uint32_t loose_u32 __attribute__((aligned(1), may_alias));
typedef int32_t loose_i32 __attribute__((aligned(1), may_alias));
typedef uint64_t loose_u64 __attribute__((aligned(1), may_alias));
typedef int64_t loose_i64 __attribute__((aligned(1), may_alias));

static inline size_t value_size(enum value_type type)
{
    static const unsigned char size[N_VALUE_TYPES] = {[VALUE_U8] = 1,
        [VALUE_F32] = 4,
        [VALUE_I8] = 1,
        [VALUE_U16] = 2,
        [VALUE_I16] = 2,
        [VALUE_U32] = 4,
        [VALUE_I32] = 4,
        [VALUE_U64] = 8,
        [VALUE_I64] = 8,
        [VALUE_F64] = 8};
    return size[type];
}

static inline int value_is_float(enum value_type type)
{
    return type == VALUE_F32 || type == VALUE_F64;
}

/* Value number i of a run. If `type` is a constant in a loop, the loop becomes a plain one over
 * that type. */
static inline float value_as_float(const void *values, enum value_type type, int64_t i)
{
    switch (type) {
    case VALUE_U8:
        return (float)((const uint8_t *)values)[i];
    case VALUE_F32:
        return ((const loose_f32 *)values)[i];
    case VALUE_I8:
        return (float)((const int8_t *)values)[i];
    case VALUE_U16:
        return (float)((const loose_u16 *)values)[i];
    case VALUE_I16:
        return (float)((const loose_i16 *)values)[i];
    case VALUE_U32:
        return (float)((const loose_u32 *)values)[i];
    case VALUE_I32:
        return (float)((const loose_i32 *)values)[i];
    case VALUE_U64:
        return (float)((const loose_u64 *)values)[i];
    case VALUE_I64:
        return (float)((const loose_i64 *)values)[i];
    case VALUE_F64:
        return (float)((const loose_f64 *)values)[i];
    case N_VALUE_TYPES:
        break;
    }
    return 0; /* no such type */
}

/* The same as a double, which holds all but 64-bit integers beyond 2^53 exactly. */
static inline double value_as_double(const void *values, enum value_type type, int64_t i)
{
    switch (type) {
    case VALUE_U8:
        return (double)((const uint8_t *)values)[i];
    case VALUE_F32:
        return (double)((const loose_f32 *)values)[i];
    case VALUE_I8:
        return (double)((const int8_t *)values)[i];
    case VALUE_U16:
        return (double)((const loose_u16 *)values)[i];
    case VALUE_I16:
        return (double)((const loose_i16 *)values)[i];
    case VALUE_U32:
        return (double)((const loose_u32 *)values)[i];
    case VALUE_I32:
        return (double)((const loose_i32 *)values)[i];
    case VALUE_U64:
        return (double)((const loose_u64 *)values)[i];
    case VALUE_I64:
        return (double)((const loose_i64 *)values)[i];
    case VALUE_F64:
        return ((const loose_f64 *)values)[i];
    case N_VALUE_TYPES:
        break;
    }
    return 0; /* no such type */
}

#endif
