package holiday

import (
	"slices"

	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// regions returns every place of which the library knows the holidays, and ours.
func regions() []region {
	return slices.Concat(europe(), world(), germany(), switzerland(), australia(), netherlands())
}

func europe() []region {
	return []region{
		{code: "at", list: at.Holidays},
		{code: "be", list: be.Holidays},
		{code: "bg", list: bg.Holidays},
		{code: "cz", list: cz.Holidays},
		{code: "dk", list: dk.Holidays},
		{code: "ecb", list: ecb.Holidays},
		{code: "es", list: es.Holidays},
		{code: "fr", list: fr.Holidays},
		{code: "gb", list: gb.Holidays},
		{code: "gr", list: gr.Holidays},
		{code: "hr", list: hr.Holidays},
		{code: "ie", list: ie.Holidays},
		{code: "it", list: it.Holidays},
		{code: "lt", list: lt.Holidays},
		{code: "lv", list: lv.Holidays},
		{code: "no", list: no.Holidays},
		{code: "pl", list: pl.Holidays},
		{code: "ro", list: ro.Holidays},
		{code: "ru", list: ru.Holidays},
		{code: "se", list: se.Holidays},
		{code: "si", list: si.Holidays},
		{code: "sk", list: sk.Holidays},
		{code: "ua", list: ua.Holidays},
	}
}

func world() []region {
	return []region{
		{code: "ar", list: ar.Holidays},
		{code: "br", list: br.Holidays},
		{code: "ca", list: ca.Holidays},
		{code: "jp", list: jp.Holidays},
		{code: "mw", list: mw.Holidays},
		{code: "nc", list: nc.Holidays},
		{code: "nz", list: nz.Holidays},
		{code: "us", list: us.Holidays},
		{code: "za", list: za.Holidays},
	}
}

func germany() []region {
	return []region{
		{code: "de", list: de.Holidays},
		{code: "de-bb", list: de.HolidaysBB},
		{code: "de-be", list: de.HolidaysBE},
		{code: "de-bw", list: de.HolidaysBW},
		{code: "de-by", list: de.HolidaysBY},
		{code: "de-hb", list: de.HolidaysHB},
		{code: "de-he", list: de.HolidaysHE},
		{code: "de-hh", list: de.HolidaysHH},
		{code: "de-mv", list: de.HolidaysMV},
		{code: "de-ni", list: de.HolidaysNI},
		{code: "de-nw", list: de.HolidaysNW},
		{code: "de-rp", list: de.HolidaysRP},
		{code: "de-sh", list: de.HolidaysSH},
		{code: "de-sl", list: de.HolidaysSL},
		{code: "de-sn", list: de.HolidaysSN},
		{code: "de-st", list: de.HolidaysST},
		{code: "de-th", list: de.HolidaysTH},
	}
}

func switzerland() []region {
	return []region{
		{code: "ch", list: ch.Holidays},
		{code: "ch-ag", list: ch.HolidaysAG},
		{code: "ch-ai", list: ch.HolidaysAI},
		{code: "ch-ar", list: ch.HolidaysAR},
		{code: "ch-be", list: ch.HolidaysBE},
		{code: "ch-bl", list: ch.HolidaysBL},
		{code: "ch-bs", list: ch.HolidaysBS},
		{code: "ch-fr", list: ch.HolidaysFR},
		{code: "ch-ge", list: ch.HolidaysGE},
		{code: "ch-gl", list: ch.HolidaysGL},
		{code: "ch-gr", list: ch.HolidaysGR},
		{code: "ch-ju", list: ch.HolidaysJU},
		{code: "ch-lu", list: ch.HolidaysLU},
		{code: "ch-ne", list: ch.HolidaysNE},
		{code: "ch-nw", list: ch.HolidaysNW},
		{code: "ch-ow", list: ch.HolidaysOW},
		{code: "ch-sg", list: ch.HolidaysSG},
		{code: "ch-sh", list: ch.HolidaysSH},
		{code: "ch-so", list: ch.HolidaysSO},
		{code: "ch-sz", list: ch.HolidaysSZ},
		{code: "ch-tg", list: ch.HolidaysTG},
		{code: "ch-ti", list: ch.HolidaysTI},
		{code: "ch-ur", list: ch.HolidaysUR},
		{code: "ch-vd", list: ch.HolidaysVD},
		{code: "ch-vs", list: ch.HolidaysVS},
		{code: "ch-zg", list: ch.HolidaysZG},
		{code: "ch-zh", list: ch.HolidaysZH},
	}
}

func australia() []region {
	return []region{
		{code: "au-act", list: au.HolidaysACT},
		{code: "au-nsw", list: au.HolidaysNSW},
		{code: "au-nt", list: au.HolidaysNT},
		{code: "au-qld", list: au.HolidaysQLD},
		{code: "au-sa", list: au.HolidaysSA},
		{code: "au-tas", list: au.HolidaysTAS},
		{code: "au-vic", list: au.HolidaysVIC},
		{code: "au-wa", list: au.HolidaysWA},
	}
}
