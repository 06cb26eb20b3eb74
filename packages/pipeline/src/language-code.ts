/** Codes of ISO 639-1, each with that of ISO 639-2 for bibliographies, which transport streams have. */
const CODES = `
  aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bhbih bibis bmbam
  bnben botib brbre bsbos cacat ceche chcha cocos crcre cscze cuchu cvchv cywel dadan deger dvdiv dzdzo eeewe
  elgre eneng eoepo esspa etest eubaq faper ffful fifin fjfij fofao frfre fyfry gagle gdgla glglg gngrn guguj
  gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyarm hzher iaina idind ieile igibo iiiii ikipk ioido isice
  itita iuiku jajpn jvjav kageo kgkon kikik kjkua kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor
  kykir lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg mhmah mimao mkmac mlmal mnmon mrmar msmay
  mtmlt mybur nanau nbnob ndnde nenep ngndo nldut nnnno nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs
  papan pipli plpol pspus ptpor quque rmroh rnrun rorum rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslo
  slslv smsmo snsna sosom sqalb srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir tktuk tltgl
  tntsn toton trtur tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid
  yoyor zazha zhchi zuzul
`;

/**
 * The three letters that stand for a language in a transport stream (ISO 639-2): those of a code of three, or what a code
 * of two means. `undefined`: it is none. What follows a hyphen, as in `en-GB`, does not count.
 */
export function threeLetterLanguage(code: string): string | undefined {
  const language = code.toLowerCase().split(/[-_]/)[0] as string;
  if (/^[a-z]{3}$/.test(language)) return language;
  if (!/^[a-z]{2}$/.test(language)) return undefined;
  return new RegExp(`\\s${language}([a-z]{3})\\s`).exec(CODES)?.[1];
}
