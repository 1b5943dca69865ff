/*
 * clock: the time of day for people, a steady clock for durations, run ids.
 *
 * Runs on: any thread. No state.
 */
#ifndef FLEET_BASE_CLOCK_H
#define FLEET_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* "20261121T043100Z-9f3c": UTC to the second, then its fraction in 65536ths as
 * four hex digits. Run ids sort by time as text. 21 characters and a NUL. */
#define RUN_ID_BYTES 24
void clock_run_id(char out[RUN_ID_BYTES]);
bool clock_is_run_id(const char *text);

/* When the run of that id began, seconds since 1970; -1 if it is no run id. */
int64_t clock_run_id_seconds(const char *run_id);

/* "2026-11-21T04:31:00Z" for the time now. */
#define TIMESTAMP_BYTES 24
void clock_timestamp(char out[TIMESTAMP_BYTES]);

int64_t clock_now_us(void);	/* steady, for durations only */
int64_t clock_seconds(void);	/* since 1970 */

/* Names the time since this machine was started: another one after each start.
 * "" if the system does not tell. 36 characters and a NUL. */
#define BOOT_ID_BYTES 40
void clock_boot_id(char out[BOOT_ID_BYTES]);

void clock_sleep_ms(int64_t ms);

#endif
