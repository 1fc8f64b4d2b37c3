// icons.tsx - drawn here, one stroke, the color of the text around them; they never
// stand alone for a meaning.
const paths = {
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
  camera_off: 'M3 3l18 18M8 8H4v11h14M10 5h5l2 3h3v9',
  document: 'M6 3h12v18H6zM9 15h6M9 18h4M12 11a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z',
  check: 'M4 12.5l5.2 5.2L20 7',
  officer: 'M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM4 21c.6-4.4 3.8-7 8-7s7.4 2.6 8 7M9.5 17.5 12 20l2.5-2.5',
  group: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20c.4-3.6 2.7-6 6-6s5.600 2.400 6 6M16.500 11.500a2.500 2.500 0 1 0 0-5M17.500 14.500c2 .5 3.200 2.300 3.500 5.500',
  lower: 'M12 3v14M6.500 11.500 12 17l5.500-5.500M5 21h14',
  pass: 'M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zM15 8v1M15 12v1M15 16v1',
  staff: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M18.400 5.600l-2.100 2.100M7.700 16.300l-2.100 2.100',
  offline: 'M3 3l18 18M5 12.500a10 10 0 0 1 4-2.400M14 9.900a10 10 0 0 1 5 2.600M8.500 16a5 5 0 0 1 6-.6M12 19.500h.01',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 21 21',
  alert: 'M12 4 2.500 20h19zM12 10v4.500M12 17.500h.01',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  board: 'M3 5h18v14H3zM3 10h18M8 5v14',
  shield: 'M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6z',
  chart: 'M4 20V4M4 20h16M8 16l4-5 3 3 5-7',
  device: 'M7 3h10v18H7zM11 18h2',
  sliders: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  out: 'M14 4h6v16h-6M10 8l-4 4 4 4M6 12h9',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return <svg class={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d={paths[name]} /></svg>;
}
