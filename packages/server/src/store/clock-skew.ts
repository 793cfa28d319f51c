/** Of servers on one database no clock is further from another's; what is dated later than that allows is of a clock that was set back since. */
export const clockSkewMilliseconds = 10 * 60_000;
