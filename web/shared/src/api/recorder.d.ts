// Generated from shared/openapi/recorder.json by "npm run generate". Do not edit.

export interface paths {
    "/internal/v1/cameras/{camera_id}/playlist.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An HLS playlist of recorded footage
         * @description A VOD playlist (fMP4, byte ranges into segment files) up to three seconds ago; segment addresses are relative.
         *
         *     Gaps are left out: a DISCONTINUITY and a new PROGRAM-DATE-TIME follow each, and an EXT-X-DATERANGE of class
         *     `org.hejnal.gap` names it with its cause.
         */
        get: operations["getPlaylist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/v1/cameras/{camera_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is recorded of a camera, and why the rest is not
         * @description Spans of footage and gaps with their causes, at most 92 days at once.
         */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/internal/v1/segments/{segment_id}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of a segment file
         * @description Fragmented MP4, whole or one range of it; only what is announced, so a segment in the making ends at a fragment.
         */
        get: operations["getSegmentMedia"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * GapCause
         * @description Why there is no footage for a while.
         * @enum {string}
         */
        GapCause: "link_down" | "camera_reboot" | "refused" | "no_keyframe" | "stalled" | "disk_full" | "ingest_lost" | "ingest_failover" | "operator_off" | "clock_step" | "retention" | "backfilled" | "link_thin";
        /**
         * Problem
         * @description RFC 9457.
         */
        Problem: {
            /**
             * Detail
             * @description What is wrong and what to do
             */
            detail: string;
            /** Instance */
            instance: string;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /** Trace Id */
            trace_id?: string | null;
            /**
             * Type
             * @description urn:hejnal:problem:<slug>
             */
            type: string;
        };
        /**
         * SpanKind
         * @description Whether there is footage.
         * @enum {string}
         */
        SpanKind: "footage" | "gap";
        /**
         * Timeline
         * @description Footage and gaps of a camera; the spans tile [from, to) without overlap or hole.
         */
        Timeline: {
            /** Camera Id */
            camera_id: string;
            /**
             * Completeness
             * @description Share of footage in the time since the camera was first recorded, 0 to 1; null before that time
             */
            completeness: number | null;
            /**
             * From
             * Format: date-time
             */
            from: string;
            /** Spans */
            spans: components["schemas"]["TimelineSpan"][];
            /**
             * To
             * Format: date-time
             * @description At most now, and before the last seconds that are still on their way into the archive
             */
            to: string;
        };
        /**
         * TimelineSpan
         * @description One stretch of footage or of its lack.
         */
        TimelineSpan: {
            /** @description Why there is no footage; null where the archive knows nothing */
            cause?: components["schemas"]["GapCause"] | null;
            /**
             * Detail
             * @description The same in words, for the operator
             */
            detail?: string | null;
            /**
             * From
             * Format: date-time
             */
            from: string;
            kind: components["schemas"]["SpanKind"];
            /**
             * To
             * Format: date-time
             */
            to: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getPlaylist: {
        parameters: {
            query: {
                /** @description Start of the interval, RFC 3339 with offset, e.g. 2026-05-03T12:00:00Z */
                from: string;
                /** @description End of the interval (exclusive), RFC 3339 with offset */
                to: string;
            };
            header?: never;
            path: {
                /** @description Camera id of the registry */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTimeline: {
        parameters: {
            query: {
                /** @description Start of the interval, RFC 3339 with offset, e.g. 2026-05-03T12:00:00Z */
                from: string;
                /** @description End of the interval (exclusive), RFC 3339 with offset */
                to: string;
            };
            header?: never;
            path: {
                /** @description Camera id of the registry */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSegmentMedia: {
        parameters: {
            query?: never;
            header?: {
                "If-None-Match"?: string | null;
                "If-Range"?: string | null;
                /** @description One byte range (RFC 9110 §14) */
                Range?: string | null;
            };
            path: {
                segment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The wanted range */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The copy named by If-None-Match is current */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gone */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Requested Range Not Satisfiable */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
