// words.ts - what the pages say, in the languages of web/languages/. A language is a
// row of languages.json and a file in each folder; a test compares their keys.
import list from '../../languages/languages.json';

export type Language = keyof typeof list;
export const languages = Object.entries(list) as [Language, { name: string; direction: 'ltr' | 'rtl' }][];

/** Says the text of a key; {name} in it is replaced. A missing key says its own name, so it is seen. */
export interface Say<Key extends string> {
  (key: Key, values?: Record<string, string | number>): string;
  /** for words of the service, which may be newer than this page */
  knows: (key: string) => boolean;
}

export function speak<Key extends string>(words: Record<string, string>): Say<Key> {
  const say = (key: Key, values?: Record<string, string | number>) => (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name: string) => String(values?.[name] ?? all));
  return Object.assign(say, { knows: (key: string) => key in words });
}

/** The browser's wishes, the first that we speak. */
export function preferred(): Language {
  for (const wish of navigator.languages) {
    const found = languages.find(([code]) => code === wish.toLowerCase().split('-')[0]);
    if (found) return found[0];
  }
  return 'en';
}

export function direction(language: Language): 'ltr' | 'rtl' {
  return list[language].direction as 'ltr' | 'rtl';
}

/** Tells browser and screen reader. */
export function announce(language: Language): void {
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
}

/** Loads a folder's file of a language (one of import.meta.glob's functions). */
export async function load(files: Record<string, () => Promise<unknown>>, language: Language): Promise<Record<string, string>> {
  const file = Object.entries(files).find(([name]) => name.endsWith(`/${language}.json`));
  if (!file) throw new Error(`no words for ${language}`);
  const module = await file[1]() as { default: Record<string, string> };
  return module.default;
}
