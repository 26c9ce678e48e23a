"""The town's push key changes: a resident's browser, in Chromium, subscribes anew by itself and stays the one it was."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect
from pwa_town import VAPID_KEY, Town, person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NEW_KEY = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"

# Chromium's own push service is out of reach here. This one keeps the rules of the Push API: one subscription for a service
# worker, bound to its key, refused under a second key while the first stands; it outlives the page.
PUSH_SERVICE = """
(() => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const text = (key) => btoa(String.fromCharCode(...new Uint8Array(key.buffer ?? key)));
  const kept = () => JSON.parse(localStorage.getItem('push-service') ?? '{"made": 0, "present": null}');
  const keep = (state) => localStorage.setItem('push-service', JSON.stringify(state));
  const keys = { p256dh: '%s', auth: 'tBHItJI5svbpez7KI4CCXg' };
  const subscription = ({ endpoint, key }) => ({
    endpoint, options: { userVisibleOnly: true, applicationServerKey: bytes(key).buffer },
    toJSON: () => ({ endpoint, expirationTime: null, keys }),
    unsubscribe: async () => { keep({ ...kept(), present: null }); return true; },
  });
  PushManager.prototype.getSubscription = async () => { const { present } = kept(); return present && subscription(present); };
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const state = kept(), key = text(applicationServerKey);
    if (state.present && state.present.key !== key) throw new DOMException('another key', 'InvalidStateError');
    if (!state.present) {
      state.made += 1;
      state.present = { key, endpoint: `https://fcm.googleapis.com/fcm/send/phone-${state.made}` };
      keep(state);
    }
    return subscription(state.present);
  };
})();
"""


async def test_a_browser_subscribes_anew_by_itself_and_stays_the_one_it_was(town: Town, browser: Browser, until: Any) -> None:
    async def phones() -> list[Any]:
        return await town.house.rows("select id, address, push_server_key, consent_id from contacts where channel = 'push'")

    async with person(town, browser, permissions=["notifications"]) as one:
        await one.context.add_init_script(PUSH_SERVICE % NEW_KEY)  # any point on the curve will do for the browser's own key
        await one.open("/powiadomienia")
        await one.page.get_by_role("button", name="Włącz na tym urządzeniu").click()
        await expect(one.page.get_by_text("Powiadomienia są włączone.")).to_be_visible()
        (before,) = await phones()
        assert (before.address.rpartition("/")[2], before.push_server_key) == ("phone-1", VAPID_KEY)

        part = town.push_keys.with_suffix(".part")
        part.write_text(f"{NEW_KEY}\n{VAPID_KEY}\n")
        part.replace(town.push_keys)
        await one.page.reload()

        async def renewed() -> Any:
            return [row for row in await phones() if row.push_server_key == NEW_KEY]

        (after,) = await until(renewed, timeout_s=60)
        assert after.address.rpartition("/")[2] == "phone-2"
        assert (after.id, after.consent_id) == (before.id, before.consent_id)
        assert len(await phones()) == 1
        for _, _, state in await town.house.facts("subscriptions"):  # at no moment without the browser, at none with both
            assert state is not None
            assert [contact["contact_id"] for contact in state["contacts"]] == [before.id]

        await one.page.reload()
        await one.settled()
        await expect(one.page.get_by_text("Powiadomienia są włączone.")).to_be_visible()
        assert not await one.violations()
