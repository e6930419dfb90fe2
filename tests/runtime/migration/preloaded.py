"""What children of the migration tests import, once for all of them."""

import formline.catalog.check
import formline.runtime.migration.apply
import formline.runtime.unit  # noqa: F401 - importing is the purpose
