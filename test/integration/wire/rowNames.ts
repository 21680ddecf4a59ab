/** The rows of the acceptance table, as it names them: 54 on TCP, 25 on a serial line. */
export const TCP_ROWS = `
tcp-normal tcp-max tcp-drip tcp-split-header tcp-coalesced tcp-out-of-order tcp-coalesced-half tcp-burst-300 tcp-id-wrap
tcp-silent tcp-late-in-next tcp-late-idle tcp-wrong-tid tcp-wrong-tid-then-right tcp-predicted-tid tcp-duplicate
tcp-wrong-unit tcp-exc-wrong-unit tcp-wrong-fc tcp-exc-wrong-fc tcp-wrong-proto tcp-short-data tcp-long-data
tcp-bytecount-low tcp-bytecount-zero tcp-bytecount-high tcp-coil-bytecount-high tcp-empty tcp-exc-truncated tcp-len-huge
tcp-len-300 tcp-len-zero tcp-len-minus1 tcp-len-plus1 tcp-garbage-before tcp-garbage-idle tcp-exc-2 tcp-exc-odd
tcp-echo-fc6 tcp-echo-fc5 tcp-echo-fc16 tcp-fc-extra tcp-fc43-more-silent tcp-fc43-more-exc tcp-fc43-endless tcp-fin-mid
tcp-fin tcp-rst tcp-rst-idle tcp-close-pending tcp-close-halfopen tcp-close-twice tcp-refused tcp-slow-drip
`
  .trim()
  .split(/\s+/);

export const RTU_ROWS = `
rtu-normal rtu-max rtu-fc-extra rtu-drip rtu-garbage-before rtu-garbage-lookalike rtu-local-echo rtu-flood rtu-bad-crc
rtu-bytecount-low rtu-bytecount-high rtu-wrong-unit rtu-wrong-unit-then-right rtu-exc rtu-silent rtu-truncated
rtu-late-idle rtu-late-immediate rtu-late-half rtu-two-frames rtu-unsolicited rtu-concurrent rtu-concurrent-same
rtu-broadcast rtu-unplug
`
  .trim()
  .split(/\s+/);
