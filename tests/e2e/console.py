"""What an operator or editor does at the console, step by step."""

import re

from playwright.sync_api import Locator, Page, Response, expect

from .town import Town

SHOWN = re.compile("^(live|paced)$")
"""States of a tile with a moving picture: all of its pictures, or fewer on a machine that cannot draw them all."""
SHOWN_TILES = '[data-state="live"], [data-state="paced"]'
FRAMES = """
async (video) => {
  const canvas = document.createElement('canvas');
  canvas.width = 96; canvas.height = 54;
  const brush = canvas.getContext('2d', {willReadFrequently: true});
  const look = () => {
    brush.drawImage(video, 0, 0, 96, 54);
    return Array.from(brush.getImageData(0, 0, 96, 54).data);
  };
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  const decodedBefore = video.getVideoPlaybackQuality().totalVideoFrames;
  const pictures = [];
  for (let number = 0; number < 5; number++) { pictures.push(look()); await rest(400); }
  const decoded = video.getVideoPlaybackQuality().totalVideoFrames - decodedBefore;
  let changed = 0, lit = 0;
  for (let number = 1; number < pictures.length; number++) {
    const difference = pictures[number].reduce((sum, value, at) => sum + Math.abs(value - pictures[number - 1][at]), 0);
    if (difference > 2000) changed++;
  }
  for (const value of pictures[0]) if (value > 16 && value < 255) lit++;
  return {decoded, changed, lit, width: video.videoWidth, height: video.videoHeight};
}
"""
"""Frames decoded in two seconds, how many of four looks differ from the one before, and that the picture is not black."""


def sign_in(page: Page, town: Town, role: str) -> None:
    """Sign in with password and one-time code; like a person, once more when the console says that it is not reachable."""
    staff = town.staff(role)
    page.goto(town.console)
    page.get_by_label("Login").fill(staff["login"])
    page.get_by_label("Hasło").fill(staff["password"])
    answer = _send_code(page, town.one_time_code(role))
    if answer.status == 503:
        answer = _send_code(page, town.one_time_code(role))
    assert answer.ok, f"{role} is not let in: {answer.status} {answer.text()}"
    expect(page.get_by_role("navigation", name="Strony konsoli")).to_be_visible()


def _send_code(page: Page, code: str) -> Response:
    page.get_by_label("Kod jednorazowy").fill(code)
    with page.expect_response(
        lambda response: response.url.endswith("/api/v1/session") and response.request.method == "POST"
    ) as got:
        page.get_by_role("button", name="Zaloguj", exact=True).click()
    return got.value


def call_camera(page: Page, number: int) -> Locator:
    """Hang a camera into the first tile by its number, as an operator does; gives the tile."""
    tile = page.locator('[data-tile="1"]')
    tile.click()
    for digit in str(number):
        page.keyboard.press(digit)
    page.keyboard.press("Enter")
    return tile


def moving_picture(video: Locator) -> dict[str, int]:
    """Look at a video for two seconds."""
    seen: dict[str, int] = video.evaluate(FRAMES)
    return seen
