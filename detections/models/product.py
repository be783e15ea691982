"""What the franchise sells: a label's names and price."""

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stores.models import Area, Store


class Product(models.Model):
    """A bread on sale. `label` is the model's own word for it.

    With `areas` or `stores` it is on the price list of those only.
    """

    label = models.CharField(_("label"), max_length=255, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    price = models.DecimalField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="JPY",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters (ISO 4217), such as JPY."))],
    )  # fmt: skip
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    areas = models.ManyToManyField(
        Area, verbose_name=_("areas"), blank=True, related_name="+",
        help_text=_("Sold only in these areas and stores; everywhere if none is named."),
    )  # fmt: skip
    stores = models.ManyToManyField(Store, verbose_name=_("stores"), blank=True, related_name="+")

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = (models.CheckConstraint(condition=Q(price__gte=0), name="product_price_positive"),)

    def __str__(self) -> str:
        return self.name_ja
